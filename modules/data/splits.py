"""The images of a split in memory, and which split a training image belongs to."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

EVAL_TENTHS = 1
"""Of ten parts of the training images, how many are eval."""


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


def split_of(image: bytes) -> str:
    """Says whether a training image is for `train` or `eval`: the same for ever, nine to one."""
    part = hashlib.blake2b(image, digest_size=8).digest()
    return "eval" if int.from_bytes(part, "big") % 10 < EVAL_TENTHS else "train"
