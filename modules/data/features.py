"""The names of the tf.Example features, and plain numbers that describe an image.

NumPy only: the component that writes Examples and the pipeline that slices by these features
both import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IMAGE_SIDE = 28
PIXELS = IMAGE_SIDE * IMAGE_SIDE
CLASSES = 10

IMAGE = "image"  # bytes: 784 raw uint8, row by row
LABEL = "label"  # int64: 0 to 9
INDEX = "index"  # int64: the image's place in its file
MEAN_INK = "mean_ink"  # float: mean pixel / 255, in [0, 1]
STROKE = "stroke"  # bytes: one of STROKES

STROKES = ("thin", "regular", "bold")

# Pixels; close to the quartiles of MNIST's training images: 24 % thin, 52 % regular, 24 % bold.
_THIN_BELOW = 2.0
_BOLD_FROM = 2.8

_BATCH = 4096  # images converted to float at once: 15 MB


def mean_ink(images: np.ndarray) -> np.ndarray:
    """The mean pixel of each image, as a part of full ink.

    Args:
        images: uint8, (N, 28, 28).

    Returns:
        float32, (N,), in [0, 1].
    """
    return (images.mean(axis=(1, 2), dtype=np.float64) / 255.0).astype(np.float32)


def stroke_width(images: np.ndarray) -> np.ndarray:
    """How wide the pen was: twice the ink's area over the length of its outline.

    A long stroke of width w and length l has area w * l and outline 2 * l. The area is the sum of
    the pixels and the outline their total variation, so that grey edges count in part.

    Args:
        images: uint8, (N, 28, 28).

    Returns:
        float32, (N,), in pixels; 0 for an image without ink.
    """
    widths: npt.NDArray[np.float32] = np.zeros(len(images), np.float32)
    for start in range(0, len(images), _BATCH):
        # A border of paper, so that ink at the image's edge has an outline there too.
        ink = np.pad(images[start : start + _BATCH], ((0, 0), (1, 1), (1, 1)))
        ink = ink.astype(np.float32) / 255.0
        right = ink[:, :-1, 1:] - ink[:, :-1, :-1]
        down = ink[:, 1:, :-1] - ink[:, :-1, :-1]
        outline = np.sqrt(right * right + down * down).sum(axis=(1, 2))
        area = ink.sum(axis=(1, 2))
        widths[start : start + _BATCH] = 2.0 * area / np.maximum(outline, 1e-6)
    return widths


def stroke_class(images: np.ndarray) -> np.ndarray:
    """Sorts images by the width of their strokes.

    Args:
        images: uint8, (N, 28, 28).

    Returns:
        str, (N,), each one of STROKES; an image without ink is thin.
    """
    bins = np.digitize(stroke_width(images), (_THIN_BELOW, _BOLD_FROM))
    return np.asarray(STROKES)[bins]


class Derived(NamedTuple):
    """A class that follows from an image alone.

    Attributes:
        values: all that there are.
        of: from images, uint8 (N, 28, 28), to the value of each, str (N,).
    """

    values: tuple[str, ...]
    of: Callable[[np.ndarray], np.ndarray]


# Written into each Example, allowed by the schema, and each a slice of the evaluation.
DERIVED: Mapping[str, Derived] = {STROKE: Derived(STROKES, stroke_class)}

# The features by which a model is judged apart, besides the whole.
SLICES = (LABEL, *DERIVED)
