"""The course of two trainings, one over the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.results.pictures.draw import SERIES, Picture
from components.results.pictures.history import Line, over_epochs

History = Mapping[str, Sequence[float | None]]
_MOST = 16  # pictures


def curves(one: History, other: History) -> list[Picture]:
    """Draws each figure that both trainings have, a value an epoch."""
    names = [name for name in other if name in one and one[name] and other[name]]
    return [_curve(name, one[name], other[name]) for name in names[:_MOST]]


def _curve(name: str, before: Sequence[float | None], after: Sequence[float | None]) -> Picture:
    lines = (Line("A", before, "--", SERIES[1]), Line("B", after, "-", SERIES[0]))
    return over_epochs(f"compared {name}", name, lines)
