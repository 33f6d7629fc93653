"""The judge's weights: their shapes, and the shipped ones. Imports no framework.

scripts/train_judge.py made those that are shipped, from MNIST's training images alone.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modules.util.files import write_bytes

WEIGHTS = Path(__file__).with_name("judge_weights.npz")
SIDE, CLASSES = 28, 10  # of the images that the shipped judge reads
ACCURACY = 0.9943  # of the shipped judge on the eval split of MNIST, 6,140 images

FEATURES = 64
LENGTH = 8.0  # the root of FEATURES, so that a feature is of the order of 1

# Of each convolution: filters and stride; 3 x 3, padded, followed by ReLU.
_CONVOLUTIONS = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (64, 2))
_LARGE = 40  # pixels above which the first convolution halves the image: it would cost the most


def convolutions(side: int) -> tuple[tuple[int, int], ...]:
    """The convolutions of a judge that reads images of that side: filters and stride of each."""
    (filters, stride), *others = _CONVOLUTIONS
    return ((filters, 2 if side > _LARGE else stride), *others)


def shapes(side: int, classes: int) -> list[tuple[int, ...]]:
    """The shapes of a judge's weights, in their order: a kernel and a bias for each layer.

    Args:
        side: pixels of the images that it reads.
        classes: that it tells apart.
    """
    found: list[tuple[int, ...]] = []
    channels, left = 1, side
    for filters, stride in convolutions(side):
        found += [(3, 3, channels, filters), (filters,)]
        channels, left = filters, -(-left // stride)
    flat = left * left * channels
    return [*found, (flat, FEATURES), (FEATURES,), (FEATURES, classes), (classes,)]


def read_weights(path: Path, side: int, classes: int) -> tuple[np.ndarray, ...]:
    """Reads a judge's weights.

    Args:
        path: of the file, with w0, w1 ...
        side: pixels of the images that the judge reads.
        classes: that it tells apart.

    Returns:
        float32, of the shapes that `shapes` gives.

    Raises:
        ValueError: the file does not hold them.
    """
    wanted = shapes(side, classes)
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = tuple(stored[f"w{place}"] for place in range(len(wanted)))
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        found = ()
    if [weight.shape for weight in found] != wanted:
        raise ValueError(f"{path} does not hold the judge's weights; restore it")
    return found


def write_weights(path: Path, weights: Sequence[np.ndarray]) -> None:
    """Writes weights for `read_weights`, all or nothing."""
    named: dict[str, Any] = {f"w{place}": weight for place, weight in enumerate(weights)}
    memory = io.BytesIO()
    np.savez(memory, **named)
    write_bytes(path, memory.getbuffer())


def fingerprint_of_file(path: Path) -> str:
    """A name for the weights in a file: results of different judges cannot be compared."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def fingerprint_of(weights: Sequence[np.ndarray]) -> str:
    """The same of weights that are in no file of the project's."""
    found = hashlib.sha256()
    for weight in weights:
        found.update(f"{weight.shape}".encode() + np.asarray(weight, "<f4").tobytes())
    return found.hexdigest()[:16]
