"""How many images a picture has room for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from modules.util.pictures import GAP

GREY_PIXELS = 70_000  # of a picture; a PNG file has a byte for each at most, and a little more
_COLUMNS = 10


def fitting(side: int, pixels: int = GREY_PIXELS) -> int:
    """How many images of S x S pixels a picture of so many pixels has room for; 1 at least."""
    return max(1, pixels // (side + GAP) ** 2)


def rows_and_columns(side: int) -> tuple[int, int]:
    """How many full rows of images there are room for, at most as many as columns, and these."""
    columns = min(_COLUMNS, fitting(side))
    return min(columns, fitting(side) // columns), columns


def spread(count: int, wanted: int) -> npt.NDArray[np.int64]:
    """The places of so many out of count, from the first to the last: data can be sorted."""
    return np.linspace(0, count - 1, min(wanted, count)).astype(np.int64)
