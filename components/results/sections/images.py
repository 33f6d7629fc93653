"""Images of a report, in the size in which they are shown."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable
from typing import NamedTuple

from components.results.report import Image, Report

_GROUPS = ("seen", "samples", "reconstructions", "walk", "latents", "attention", "neighbours")
_WIDE = 280  # pixels that a small image is made larger to
_MOST = 4  # times


class Shown(NamedTuple):
    """An image, and how large it is on the page, in pixels."""

    title: str
    text: str
    png: str
    width: int
    height: int


def of_group(report: Report, group: str) -> list[Shown]:
    """The images of a group; one that is no PNG is left out."""
    return _shown(one for one in report.images if one.group == group)


def of_others(report: Report) -> list[Shown]:
    """The images of groups that have no section, such as what a training has drawn."""
    return _shown(one for one in report.images if one.group not in _GROUPS)


def _shown(images: Iterable[Image]) -> list[Shown]:
    found = []
    for one in images:
        if size := png_size(one.png):
            times = min(_MOST, max(1, _WIDE // max(1, size[0])))
            found.append(Shown(one.title, one.text, one.png, size[0] * times, size[1] * times))
    return found


def png_size(png: str) -> tuple[int, int] | None:
    """Width and height of a PNG in base64; None of anything else."""
    try:
        head = base64.b64decode(png[:44])
        if head[:8] != b"\x89PNG\r\n\x1a\n":
            return None
        width, height = struct.unpack(">II", head[16:24])
    except (ValueError, struct.error):
        return None
    return width, height
