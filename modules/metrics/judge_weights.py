"""The judge's weights, and a name for them. Imports no framework.

scripts/train_judge.py made them, from the training images alone.
"""

from __future__ import annotations

import functools
import hashlib
import zipfile
from pathlib import Path

import numpy as np

from modules.data.features import CLASSES

WEIGHTS = Path(__file__).with_name("judge_weights.npz")
FEATURES = 64
LENGTH = 8.0  # the root of FEATURES, so that a feature is of the order of 1

# Of each convolution: filters and stride; 3 x 3, padded, followed by ReLU.
CONVOLUTIONS = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (64, 2))
_SIDE = 4  # of what the last convolution leaves of 28 pixels


def shapes() -> list[tuple[int, ...]]:
    """The shapes of the judge's weights, in their order: a kernel and a bias for each layer."""
    found: list[tuple[int, ...]] = []
    channels = 1
    for filters, _ in CONVOLUTIONS:
        found += [(3, 3, channels, filters), (filters,)]
        channels = filters
    flat = _SIDE * _SIDE * channels
    return [*found, (flat, FEATURES), (FEATURES,), (FEATURES, CLASSES), (CLASSES,)]


@functools.cache
def weights() -> tuple[np.ndarray, ...]:
    """The weights, of the shapes that `shapes` gives.

    Raises:
        ValueError: the file does not hold them.
    """
    wanted = shapes()
    try:
        with np.load(WEIGHTS, allow_pickle=False) as stored:
            found = tuple(stored[f"w{place}"] for place in range(len(wanted)))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        found = ()
    if [weight.shape for weight in found] != wanted:
        raise ValueError(f"{WEIGHTS} does not hold the judge's weights; restore it")
    return found


def fingerprint() -> str:
    """A hash of the judge's weights: results of different judges cannot be compared."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]
