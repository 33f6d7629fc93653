"""The course of two trainings, one over the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from components.results.numbers import number, title
from components.results.pictures.draw import SERIES, Picture, draw, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

History = Mapping[str, Sequence[float | None]]
_MOST = 16  # pictures


def curves(one: History, other: History) -> list[Picture]:
    """Draws each figure that both trainings have, a value an epoch."""
    names = [name for name in other if name in one and one[name] and other[name]]
    return [_curve(name, one[name], other[name]) for name in names[:_MOST]]


def _curve(name: str, before: Sequence[float | None], after: Sequence[float | None]) -> Picture:
    lines = (("A", before, "--", SERIES[1]), ("B", after, "-", SERIES[0]))

    def paint(axes: Axes) -> None:
        for label, values, style, colour in lines:
            epochs = range(1, 1 + len(values))
            marker = "o" if len(values) == 1 else ""
            drawn = points(list(values))
            axes.plot(epochs, drawn, linestyle=style, color=colour, label=label, marker=marker)
        axes.set_title(title(name))
        axes.set_xlabel("epoch")
        axes.legend()

    ends = ", ".join(f"{label} {number(values[-1], name)}" for label, values, _, _ in lines)
    caption = f"{title(name)} at the end: {ends}."
    return draw(f"compared {name}", f"Over the epochs, {caption}", paint, caption=caption)
