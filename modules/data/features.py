"""The names of the tf.Example features, and plain numbers that describe an image.

NumPy only: the component that writes Examples and the pipeline that slices by these features
both import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from modules.data.dataset import Dataset

IMAGE = "image"  # bytes: S * S raw uint8, row by row
LABEL = "label"  # int64: from 0 to one less than there are classes
INDEX = "index"  # int64: the image's place among those that are taken of its file
MEAN_INK = "mean_ink"  # float: mean pixel / 255, in [0, 1]
STROKE = "stroke"  # bytes: one of STROKES

STROKES = ("thin", "regular", "bold")

_PIXELS_AT_ONCE = 1 << 21  # converted to float: 8 MB


def mean_ink(images: np.ndarray) -> np.ndarray:
    """The mean pixel of each image, as a part of full ink.

    Args:
        images: uint8, (N, S, S).

    Returns:
        float32, (N,), in [0, 1].
    """
    return (images.mean(axis=(1, 2), dtype=np.float64) / 255.0).astype(np.float32)


def stroke_width(images: np.ndarray) -> np.ndarray:
    """How wide the pen was: twice the ink's area over the length of its outline.

    A long stroke of width w and length l has area w * l and outline 2 * l. The area is the sum of
    the pixels and the outline their total variation, so that grey edges count in part.

    Args:
        images: uint8, (N, S, S).

    Returns:
        float32, (N,), in pixels; 0 for an image without ink.
    """
    widths: npt.NDArray[np.float32] = np.zeros(len(images), np.float32)
    batch = max(1, _PIXELS_AT_ONCE // max(1, images[0].size)) if len(images) else 1
    for start in range(0, len(images), batch):
        # A border of paper, so that ink at the image's edge has an outline there too.
        ink = np.pad(images[start : start + batch], ((0, 0), (1, 1), (1, 1)))
        ink = ink.astype(np.float32) / 255.0
        right = ink[:, :-1, 1:] - ink[:, :-1, :-1]
        down = ink[:, 1:, :-1] - ink[:, :-1, :-1]
        outline = np.sqrt(right * right + down * down).sum(axis=(1, 2))
        area = ink.sum(axis=(1, 2))
        widths[start : start + batch] = 2.0 * area / np.maximum(outline, 1e-6)
    return widths


def stroke_class(images: np.ndarray, strokes: tuple[float, float]) -> np.ndarray:
    """Sorts images by the width of their strokes.

    Args:
        images: uint8, (N, S, S).
        strokes: in pixels, below the first of which a stroke is thin, from the second on bold.

    Returns:
        str, (N,), each one of STROKES; an image without ink is thin.
    """
    return np.asarray(STROKES)[np.digitize(stroke_width(images), strokes)]


class Derived(NamedTuple):
    """A class that follows from an image alone.

    Attributes:
        values: all that there are.
        of: from images, uint8 (N, S, S), to the value of each, str (N,).
        words: how they are told apart.
    """

    values: tuple[str, ...]
    of: Callable[[np.ndarray], np.ndarray]
    words: str


def strokes_of(dataset: Dataset) -> tuple[str, ...]:
    """Those of STROKES that images of a dataset can have; one alone where they are all alike."""
    low, high = dataset.strokes
    there = (low > 0.0, high > low, True)
    return tuple(name for name, can in zip(STROKES, there, strict=True) if can)


def derived(dataset: Dataset) -> Mapping[str, Derived]:
    """What is written into each Example, allowed by the schema, and a slice of the evaluation."""
    thin, bold = dataset.strokes
    words = f"width of stroke in pixels: thin below {thin:g}, bold from {bold:g}"
    return {STROKE: Derived(STROKES, partial(stroke_class, strokes=dataset.strokes), words)}


# The features by which a model is judged apart, besides the whole.
SLICES = (LABEL, STROKE)
