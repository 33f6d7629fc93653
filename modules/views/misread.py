"""Images that a classifier misreads."""

from __future__ import annotations

import numpy as np

from modules.data.splits import Split
from modules.util.pictures import grid

_SHOWN, _COLUMNS = 30, 10


def misread(split: Split, probabilities: np.ndarray) -> np.ndarray | None:
    """The images whose answer is wrong, those first of which the model is the surest.

    Args:
        split: images, uint8 (N, S, S), and labels, (N,).
        probabilities: floats, (N, classes).

    Returns:
        uint8, (height, width); None where all answers are right.
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != split.labels)
    surest = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    shown = split.images[wrong[surest[:_SHOWN]]]
    return grid(shown, _COLUMNS) if len(shown) else None
