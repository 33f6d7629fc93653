"""The images of a split in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Split(NamedTuple):
    """Images and what they show.

    Attributes:
        images: uint8, (N, S, S).
        labels: int64, (N,).
    """

    images: np.ndarray
    labels: np.ndarray


class Splits(NamedTuple):
    """What a training reads.

    Attributes:
        train: to learn from.
        held_out: to judge each epoch by; nothing is learnt from it.
    """

    train: Split
    held_out: Split
