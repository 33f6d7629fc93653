"""A reliability diagram: how often an answer is right that is so sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from components.intervals import wilson
from components.results.inspection import Bin
from components.results.numbers import number
from components.results.pictures.draw import MUTED, SERIES, Picture, draw, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def reliability(bins: Sequence[Bin]) -> Picture:
    """Draws how often answers are right against how sure they are; a point a bin, with its
    interval."""
    known = [(b, b.sure, b.right) for b in bins if b.sure is not None and b.right is not None]

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], linestyle="--", color=MUTED, linewidth=1)
        for one, sure, right in known:
            ends = wilson(right, one.count)
            axes.plot([sure, sure], ends, color=SERIES[0], linewidth=1)
        xs, ys = [sure for _, sure, _ in known], [right for _, _, right in known]
        axes.plot(xs, ys, marker="o", markersize=4, color=SERIES[0])
        axes.set_xlim(0, 1.01)
        axes.set_ylim(0, 1.01)
        axes.set_title("Reliability")
        tidy(axes, "how sure the answer is", "part that is right")

    widest = max(known, key=lambda one: abs(one[1] - one[2]), default=None)
    worst = ""
    if widest:
        sure, right = (number(x, "share") for x in widest[1:])
        worst = f" Widest apart: sure of {sure}, right in {right}."
    caption = f"On the dashed line an answer is right as often as it is sure.{worst}"
    return draw("reliability", caption, paint, 330, 290, margins=(52, 14, 42, 28))
