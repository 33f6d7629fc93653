"""How the ink of an image lies in its field: what a picture is brought to before it is asked about.

MNIST's makers cropped each digit to its ink, fitted it into 20 x 20 pixels, keeping its aspect
ratio, and put its centre of mass into the middle of 28 x 28 (LeCun, Cortes and Burges, "The MNIST
database of handwritten digits"). EMNIST's put the middle of the box there, and left a border of two
pixels (Cohen and others 2017, "EMNIST: an extension of MNIST to handwritten letters"). Where data
are made like neither, a picture is scaled as a whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BY_MASS, BY_BOX, WHOLE = PREPARATIONS = ("by-mass", "by-box", "whole")

_BOX = {BY_MASS: 20 / 28, BY_BOX: 24 / 28}  # of the side, by the longer side of the ink's box
_OFF = {BY_MASS: 0.51, BY_BOX: 1.0}  # 28ths of the side that the middle may be off
_ALIKE = 0.9  # of the images, and all of them are said to be made so


class Lies(NamedTuple):
    """Where the ink of images lies, in pixels; of an image without ink, nowhere: NaN.

    Attributes:
        longer: float64, (N,), the longer side of the box around the ink.
        box: float64, (N, 2), the row and the column of the middle of that box.
        mass: float64, (N, 2), those of the centre of mass.
    """

    longer: NDArray[np.float64]
    box: NDArray[np.float64]
    mass: NDArray[np.float64]


def lies(images: NDArray[np.uint8]) -> Lies:
    """Measures where ink lies; a pixel's middle is at its number, so that of S pixels is S / 2.

    That half a pixel is MNIST's own: the centres of mass of its images are from 13.5 to 14.5.

    Args:
        images: uint8, (N, S, S), ink on paper of 0.
    """
    side = images.shape[1]
    places = np.arange(side)
    found = []
    for axis in (2, 1):  # of rows, then of columns
        sums = images.sum(axis=axis, dtype=np.float64)  # (N, S)
        inked = sums > 0
        first, last = inked.argmax(axis=1), side - 1 - inked[:, ::-1].argmax(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mass = sums @ places / sums.sum(axis=1)
        blank = ~inked.any(axis=1)
        length, middle = (last - first + 1).astype(float), (first + last + 1) / 2
        length[blank] = middle[blank] = np.nan
        found.append((length, middle, mass))
    (height, row, mass_row), (width, column, mass_column) = found
    return Lies(
        np.maximum(height, width),
        np.stack([row, column], axis=1),
        np.stack([mass_row, mass_column], axis=1),
    )


def box_side(preparation: str, side: int) -> int:
    """Pixels of the square that ink is fitted into; of WHOLE, all of them.

    Args:
        preparation: one of PREPARATIONS.
        side: S, of an image, in pixels.
    """
    return round(_BOX.get(preparation, 1.0) * side)


def made(images: NDArray[np.uint8], preparation: str) -> NDArray[np.bool_]:
    """Which images are made in one way, bool (N,): all of them, WHOLE.

    Args:
        images: uint8, (N, S, S), ink on paper of 0.
        preparation: one of PREPARATIONS.
    """
    if preparation == WHOLE:
        return np.ones(len(images), bool)
    side, ink = images.shape[1], lies(images)
    middle = ink.mass if preparation == BY_MASS else ink.box
    off = np.abs(middle - side / 2).max(axis=1)
    fits = np.abs(ink.longer - box_side(preparation, side)) <= side // 28
    return fits & (off <= _OFF[preparation] * side / 28)


def preparation_of(images: NDArray[np.uint8]) -> str:
    """Finds out how a dataset's images were made: the first way that nearly all of them fit.

    Args:
        images: uint8, (N, S, S), ink on paper of 0, some of the training images.
    """
    return next(way for way in PREPARATIONS if made(images, way).mean() >= _ALIKE)
