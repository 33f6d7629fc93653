"""What a generator makes."""

from __future__ import annotations

import numpy as np

from modules.contract.view import Ask, View
from modules.util.pictures import as_grey, grid
from modules.views.room import rows_and_columns


def samples(ask: Ask, side: int) -> View:
    """The images of the first seeds.

    Args:
        ask: the model, with a signature `sample`.
        side: S, of an image, in pixels.
    """
    rows, columns = rows_and_columns(side)
    drawn = ask("sample", seeds=np.arange(rows * columns, dtype=np.int64))["images"]
    return View(
        "samples",
        "samples",
        "Samples",
        f"{rows * columns} generated images, as the seeds from 0 on give them.",
        grid(as_grey(drawn), columns),
    )
