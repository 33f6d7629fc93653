"""How many images a picture has room for."""

from __future__ import annotations

from modules.util.pictures import GAP

GREY_PIXELS = 70_000  # of a picture; a PNG file has a byte for each at most, and a little more


def fitting(side: int, pixels: int = GREY_PIXELS) -> int:
    """How many images of S x S pixels a picture of so many pixels has room for; 1 at least."""
    return max(1, pixels // (side + GAP) ** 2)


def rows_and_columns(side: int, columns: int = 10, pixels: int = GREY_PIXELS) -> tuple[int, int]:
    """How many full rows of images there are room for, at most as many as columns, and these."""
    columns = min(columns, fitting(side, pixels))
    return min(columns, fitting(side, pixels) // columns), columns
