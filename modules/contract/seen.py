"""Whether the pictures that a family makes of a trained model keep to the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from modules.contract.check import Broken
from modules.contract.view import View

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def broken_clauses_of_views(views: Any) -> list[Broken]:
    """Checks what a family's `views` gave of a trained model.

    Args:
        views: what was given.
    """
    return [Broken("views", problem) for problem in _problems(views)]


def _problems(views: Any) -> Iterator[str]:
    if not isinstance(views, (list, tuple)) or not all(isinstance(one, View) for one in views):
        yield "views gives no list of View"
        return
    names = [one.name for one in views]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"{', '.join(twice)} is there twice"
    for one in views:
        if not _NAME.fullmatch(one.name):
            yield f"{one.name!r} cannot be the name of a file: a-z, 0-9, - and _ make one"
        if not (one.group and one.title and one.text):
            yield f"{one.name} needs a group, a title and a text"
        shape: tuple[int, ...] = getattr(one.pixels, "shape", ())
        kind = getattr(one.pixels, "dtype", None)
        grey, colours = len(shape) == 2, len(shape) == 3 and shape[-1] == 3
        if kind != "uint8" or not (grey or colours) or 0 in shape:
            yield f"{one.name} is {kind} of {shape}, not uint8 of (height, width) or with 3 colours"
