"""ROC and precision-recall curves, one class against all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from components.results.pictures.draw import MUTED, SERIES, Picture, draw, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Sequence[float | None]]  # of threshold, false and true positive rate, precision
Line = list[tuple[float, float]]
_ALL = 14  # up to so many classes, each has its own colour and dashes
_NAMED = 5  # of more classes, the worst have
_WORTH = 0.004  # of the width and the height: a point that is nearer to the last is left out
_MOST = 30  # lines of a picture
_LONGEST = 16  # letters of a name in the legend


def roc(curves: Sequence[Rows], names: Sequence[str], areas: Sequence[float | None]) -> Picture:
    """Draws the true positive rate against the false one, of each class that has a curve."""
    lines = [_between((1.0, 1.0), _line(rows, 1, 2), (0.0, 0.0)) for rows in _worst(curves, areas)]
    # Where the lines turn: what is left of it and below it is the same for all good classifiers.
    turns = [max(line, key=lambda at: at[1] - at[0], default=(0.0, 1.0)) for line in lines]
    right = min(1.0, max([0.005, *(4.0 * x for x, _ in turns)]))
    low = max(0.0, min([0.98, *(1.0 - 4.0 * (1.0 - y) for _, y in turns)]))
    return _draw(
        "ROC",
        "false positive rate",
        "true positive rate",
        lines,
        _styles(names, areas, lines),
        (0.0, right, low, 1.0),
    )


def precision_recall(
    curves: Sequence[Rows], names: Sequence[str], areas: Sequence[float | None]
) -> Picture:
    """Draws the precision against the recall, of each class that has a curve."""
    lines = [_line(rows, 2, 3) for rows in _worst(curves, areas)]
    turns = [max(line, key=lambda at: at[0] + at[1], default=(1.0, 1.0)) for line in lines]
    left = max(0.0, min([0.98, *(1.0 - 4.0 * (1.0 - x) for x, _ in turns)]))
    low = max(0.0, min([0.98, *(1.0 - 4.0 * (1.0 - y) for _, y in turns)]))
    return _draw(
        "Precision and recall",
        "recall",
        "precision",
        lines,
        _styles(names, areas, lines),
        (left, 1.0, low, 1.0),
    )


def _worst(curves: Sequence[Rows], areas: Sequence[float | None]) -> list[Rows]:
    """The curves with the least area; the others are empty."""
    drawn = [place for place, rows in enumerate(curves) if rows]
    kept = sorted(drawn, key=lambda i: 1.0 if areas[i] is None else areas[i] or 0.0)[:_MOST]
    return [rows if place in kept else () for place, rows in enumerate(curves)]


Style = tuple[str, str, str, float]  # colour, dashes, label, width


def _styles(
    names: Sequence[str], areas: Sequence[float | None], lines: Sequence[Line]
) -> list[Style]:
    """A style for each class; of many lines only the worst stand out."""
    drawn = [place for place, line in enumerate(lines) if line]
    worst = sorted(drawn, key=lambda i: 1.0 if areas[i] is None else areas[i] or 0.0)
    named = worst[: len(drawn) if len(drawn) <= _ALL else _NAMED]
    found = [(MUTED, "-", "", 0.5)] * len(names)
    for place, number in enumerate(sorted(named)):
        dashes = ("-", "--", ":")[place // len(SERIES)]
        name = names[number]
        label = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        found[number] = (SERIES[place % len(SERIES)], dashes, label, 1.5)
    return found


def _draw(
    name: str,
    across: str,
    up: str,
    lines: Sequence[Line],
    styles: Sequence[Style],
    window: tuple[float, float, float, float],
) -> Picture:
    def paint(axes: Axes) -> None:
        for line, (colour, dashes, label, width) in zip(lines, styles, strict=True):
            shown = _inside(line, window)
            if shown:
                xs, ys = zip(*shown, strict=True)
                axes.plot(xs, ys, linestyle=dashes, color=colour, linewidth=width)
            if label:  # a name that begins with an underscore is none to matplotlib
                axes.plot([], [], linestyle=dashes, color=colour, label=f" {label}")
        axes.set_xlim(window[0], window[1])
        axes.set_ylim(window[2], window[3] + 0.01 * (window[3] - window[2]))
        axes.set_title(name)
        tidy(axes, across, up)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=2.2)

    drawn = sum(map(bool, lines))
    which = "each class" if drawn == len(lines) else f"the {drawn} classes with the least area"
    many = "" if drawn <= _ALL else f"; the {_NAMED} with the least area have colours"
    zoomed = "" if window == (0.0, 1.0, 0.0, 1.0) else "; only the corner where the lines turn"
    caption = f"{name} of {which} against the others{many}{zoomed}."
    return draw(name, caption, paint, 430, 290, margins=(58, 120, 42, 28))


def _line(rows: Rows, x: int, y: int) -> Line:
    """Two columns as points, in the order of the thresholds; without those that are not known."""
    pairs = ((row[x], row[y]) for row in rows)
    return [(a, b) for a, b in pairs if a is not None and b is not None]


def _between(start: tuple[float, float], line: Line, end: tuple[float, float]) -> Line:
    return [start, *line, end] if line else []


def _inside(line: Line, window: tuple[float, float, float, float]) -> Line:
    """The points within a window, and the next ones outside, to which the line goes; without those
    that tell nothing new."""
    left, right, low, high = window
    kept = [left <= x <= right and low <= y for x, y in line]
    found: Line = []
    for i, (x, y) in enumerate(line):
        if not (kept[i] or (i and kept[i - 1]) or (i + 1 < len(line) and kept[i + 1])):
            continue
        if found and kept[i]:
            across = abs(x - found[-1][0]) / (right - left)
            if across + abs(y - found[-1][1]) / (high - low) < _WORTH:
                continue
        found.append((x, y))
    return found
