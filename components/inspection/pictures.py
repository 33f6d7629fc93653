"""The pictures beside the facts: PNG files in one archive, which stays small."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from components.results.inspection import PICTURES, Answers, Picture
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
        folder: of the archive.
        views: the pictures, in the order in which they are shown.
        answers: of a classifier; None of others.
        test: the test images, uint8 (N, S, S).

    Returns:
        What was written of the views.
    """
    seen = (*answers.mistakes, *answers.suspects) if answers else ()
    shown = {one.picture: png(test[one.index]) for one in seen}
    written = tuple(_fitting(views, shown))
    write_bytes(folder / PICTURES, _archive(shown))
    return written


def _fitting(views: Iterable[View], shown: dict[str, bytes]) -> Iterator[Picture]:
    """Adds the pictures for which there is room to those that are shown."""
    room = MOST - sum(map(len, shown.values()))
    for view in views:
        content = png(view.pixels)
        if len(content) > room:
            _log.warning("the picture %s was left out: it takes %d bytes", view.name, len(content))
            continue
        room -= len(content)
        shown[view.name] = content
        yield Picture(view.name, view.group, view.title, view.text)


def _archive(shown: Mapping[str, bytes]) -> bytes:
    """A zip file, the same for the same pictures."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in shown.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.png"), content)
    return made.getvalue()
