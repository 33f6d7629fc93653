"""How the images of a dataset were made, as a small file beside the data may say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.readers.reader import BadDataset
from modules.data.framing import PREPARATIONS, preparation_of

PREPARATION = "preparation.txt"
"""One word, one of PREPARATIONS."""


def read_preparation(folder: Path, images: NDArray[np.uint8]) -> str:
    """How pictures are to be prepared that a model of these data is asked about.

    Args:
        folder: of the data.
        images: uint8, (N, S, S), of the training images, which show it where no file says it.

    Raises:
        BadDataset: the file has another word.
    """
    path = folder / PREPARATION
    if not path.exists():
        return preparation_of(images)
    try:
        word = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset(f"{path} cannot be read ({error}): write one word into it.") from error
    if word not in PREPARATIONS:
        raise BadDataset(f"{path} says {word!r}: write {', '.join(PREPARATIONS[:-1])} or whole.")
    return word
