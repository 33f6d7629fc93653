"""The families of models: each file of this folder is one, and `--model` offers them all."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import cast

from modules.contract.family import Family

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """The names of all families, those that this project is about first; imports none of them."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("[a-z]*.py")))


def load(name: str) -> Family:
    """Imports a family.

    Raises:
        ValueError: there is no family of that name.
    """
    if name not in names():
        raise ValueError(f"unknown model family {name!r}; choose {', '.join(names())}")
    return cast(Family, importlib.import_module(f"{__name__}.{name}"))
