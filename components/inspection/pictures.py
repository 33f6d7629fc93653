"""The PNG files beside the facts, which together stay small."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from components.results.inspection import Answers, Picture
from modules.contract.view import View
from modules.util.files import write_bytes
from modules.util.pictures import png

MOST = 450_000  # bytes, of all together: a page that holds them has to be sent by mail

_log = logging.getLogger(__name__)


def write(
    folder: Path, views: Iterable[View], answers: Answers | None, test: np.ndarray
) -> tuple[Picture, ...]:
    """Writes the images that answers name, and views as long as there is room for them.

    Args:
        folder: of the files.
        views: the pictures, in the order in which they are shown.
        answers: of a classifier; None of others.
        test: the test images, uint8 (N, S, S).

    Returns:
        What was written of the views.
    """
    room = MOST
    for one in (*answers.mistakes, *answers.suspects) if answers else ():
        room -= _write(folder, one.picture, png(test[one.index]))
    return tuple(_fitting(folder, views, room))


def _fitting(folder: Path, views: Iterable[View], room: int) -> Iterator[Picture]:
    for view in views:
        content = png(view.pixels)
        if len(content) > room:
            _log.warning("the picture %s was left out: it takes %d bytes", view.name, len(content))
            continue
        room -= _write(folder, view.name, content)
        yield Picture(view.name, view.group, view.title, view.text)


def _write(folder: Path, name: str, content: bytes) -> int:
    write_bytes(folder / f"{name}.png", content)
    return len(content)
