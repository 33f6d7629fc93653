"""The pictures of a page: those of the Inspector, and the last ones of a training."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from components.results.inspection import PICTURES, Inspection
from components.results.report import Image

ROOM = 400_000  # characters of base64 in all, of a page of a million
SEEN = "seen"
_EPOCH = "-epoch-"


def read_images(
    inspection: Inspection | None, inspected: Path | None, drawn: Path | None
) -> list[Image]:
    """Reads the pictures that a page shows, as many as there is room for.

    Args:
        inspection: what was seen; None when it did not come so far.
        inspected: the folder with it and its pictures.
        drawn: the folder of pictures that a training has drawn.
    """
    found: list[Image] = []
    if inspection is not None and inspected is not None:
        found = [*_of_inspection(inspection, _unpack(inspected / PICTURES))]
    if drawn is not None:
        groups = {image.group for image in found}
        found += [image for image in _of_training(drawn) if image.group not in groups]
    return [*_within_room(found)]


def _of_inspection(inspection: Inspection, pngs: Mapping[str, str]) -> Iterator[Image]:
    for picture in inspection.pictures:
        if png := pngs.get(f"{picture.file}.png"):
            yield Image(picture.group, picture.file, picture.title, picture.text, png)
    answers = inspection.answers
    seen = {one.picture: one for one in (*answers.mistakes, *answers.suspects)} if answers else {}
    for name, one in seen.items():
        if png := pngs.get(f"{name}.png"):
            title = f"test image {one.index}"
            text = f"{title}, labelled {one.label}, taken for {one.answer}"
            yield Image(SEEN, name, title, text, png)


def _of_training(folder: Path) -> Iterator[Image]:
    """Of each kind the last, the others are of earlier epochs; an end's has no number."""
    last = {path.stem.partition(_EPOCH)[0]: path for path in sorted(folder.glob(f"*{_EPOCH}*.png"))}
    last |= {path.stem: path for path in folder.glob("*.png") if _EPOCH not in path.stem}
    for kind, path in sorted(last.items()):
        if png := _read(path):
            text = f"{kind.replace('_', ' ')}, as the training drew them at last"
            yield Image(kind, path.stem, kind.replace("_", " "), text, png)


def _unpack(file: Path) -> dict[str, str]:
    """The files of an archive by name, as base64; empty when it is gone or damaged."""
    try:
        with zipfile.ZipFile(file) as archive:
            return {name: _as_text(archive.read(name)) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return {}


def _read(file: Path) -> str:
    """The file as base64; empty when it is gone."""
    try:
        return _as_text(file.read_bytes())
    except OSError:
        return ""


def _as_text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _within_room(found: Iterable[Image]) -> Iterator[Image]:
    taken = 0
    for image in found:
        if taken + len(image.png) <= ROOM:
            taken += len(image.png)
            yield image
