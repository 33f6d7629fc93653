"""The objective of each fold, beside their mean, its spread and the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.results.folds import Folds
from components.results.numbers import gap, number, title
from components.results.pictures.draw import INK, MUTED, SERIES, Picture, draw, points, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def strip(found: Folds) -> Picture:
    """Draws a point a fold that has a figure; outliers are diamonds."""
    mean, deviation = found.mean, found.deviation
    scores = points(found.scores)
    numbers = range(1, len(scores) + 1)

    def paint(axes: Axes) -> None:
        if mean is not None and deviation is not None:
            axes.axhspan(mean - deviation, mean + deviation, color=SERIES[0], alpha=0.15, lw=0)
            axes.axhline(mean, color=SERIES[0], linewidth=1)
        if found.threshold:
            axes.axhline(found.threshold.bound, color=INK, linestyle="--", linewidth=1)
        for number_, score in zip(numbers, scores, strict=True):
            odd = number_ in found.outliers
            axes.plot(number_, score, "D" if odd else "o", color=SERIES[odd], markersize=7)
        axes.set_xlim(0.5, len(scores) + 0.5)
        axes.set_title(title(found.objective))
        tidy(axes, "fold", "", whole=True)
        axes.tick_params(colors=MUTED)

    caption = _caption(found)
    return draw("folds", caption, paint, 330, 220, caption)


def _caption(found: Folds) -> str:
    if found.mean is None or found.deviation is None:
        return "A point is a fold; not all of them have a figure."
    mean, spread = number(found.mean, found.objective), gap(found.deviation, found.objective)
    bound = " Dashed: the bound." if found.threshold else ""
    return (
        f"A point is a fold. Line: the mean, {mean}; band: one standard deviation, {spread}.{bound}"
    )
