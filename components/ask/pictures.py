"""The picture of what a model saw, and where pictures go."""

from __future__ import annotations

import errno
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from components.ask.table import Line
from modules.util.files import write_bytes

SHOWN = 100  # of the pictures that are asked about
_TILE, _GAP, _TEXT = 112, 8, 16  # pixels
_COLUMNS = 8
_PAPER, _WORDS, _WARNING = "white", "black", "firebrick"


def default_place(output: Path, family: str, what: str) -> Path:
    """Where a picture goes if nobody says it: the next question's takes its place."""
    return output / "asked" / f"{family}-{what}.png"


def check_place(place: Path) -> None:
    """Raises OSError for a place where no file can be put: a folder, or a device."""
    if place.exists() and not place.is_file():
        raise OSError(errno.EINVAL, "it is no file", str(place))


def seen(lines: Sequence[Line]) -> Image.Image:
    """What the model saw of each picture, dark on light, above the training image nearest to it.

    Args:
        lines: one at least; the first SHOWN are drawn.
    """
    lines = lines[:SHOWN]
    beside = any(one.answer.nearest is not None for one in lines)
    height = _TILE * (1 + beside) + 2 * _TEXT + 2 * _GAP
    columns = min(_COLUMNS, len(lines))
    sheet = Image.new(
        "RGB", (columns * (_TILE + _GAP) + _GAP, -(-len(lines) // columns) * height + _GAP), _PAPER
    )
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default()
    for place, one in enumerate(lines):
        left = _GAP + place % columns * (_TILE + _GAP)
        top = _GAP + place // columns * height
        sheet.paste(_tile(one.prepared.image), (left, top))
        if one.answer.nearest is not None:
            sheet.paste(_tile(one.answer.nearest), (left, top + _TILE))
            draw.line((left, top + _TILE, left + _TILE, top + _TILE), fill="lightgrey")
        below = top + _TILE * (1 + beside)
        words = f"{one.answer.label}  {one.answer.probability:.0%}"
        colour = _WARNING if one.answer.strange else _WORDS
        draw.text((left, below), words + ", strange" * one.answer.strange, colour, font)
        draw.text((left, below + _TEXT), _short(one.asked.file.name), _WORDS, font)
    return sheet


def write(place: Path, picture: Image.Image | NDArray[np.uint8]) -> None:
    """Writes a PNG file, whole or not at all; makes the folder.

    Raises:
        OSError: it cannot be written.
    """
    made = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    check_place(place)
    file = io.BytesIO()
    made.save(file, "PNG")
    write_bytes(place, file.getvalue())


def _tile(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(255 - image).resize((_TILE, _TILE), Image.Resampling.NEAREST)


def _short(name: str, most: int = 18) -> str:
    name = name.encode("latin-1", "replace").decode("latin-1")  # what the font has
    return name if len(name) <= most else f"{name[: most - 6]}..{name[-4:]}"
