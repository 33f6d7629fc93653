"""A figure over the epochs of a training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from components.results.numbers import number, title
from components.results.pictures.draw import SERIES, Picture, draw, points, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = Sequence[float | None]
_WIDE = 20.0  # from this ratio of the largest to the least value, the scale is logarithmic
_MOST = 400  # points of a line


class Line(NamedTuple):
    """A value an epoch, and how they are drawn."""

    label: str
    values: Values
    style: str
    colour: str


def history(name: str, train: Values, held_out: Values) -> Picture:
    """Draws a figure of the training images and of the held-out ones, a value an epoch; either may
    be empty."""
    lines = (Line("train", train, "--", SERIES[1]), Line("held out", held_out, "-", SERIES[0]))
    return over_epochs(f"history {name}", name, lines)


def over_epochs(picture: str, name: str, given: Iterable[Line]) -> Picture:
    """Draws a figure over the epochs.

    Args:
        picture: its name, its own within a page.
        name: of the figure.
        given: lines; those without a value are left out.
    """
    lines = [line for line in given if line.values]
    known = [value for line in lines for value in line.values if value is not None]
    logarithmic = bool(known) and min(known) > 0.0 and max(known) > _WIDE * min(known)

    def paint(axes: Axes) -> None:
        for label, values, style, colour in lines:
            step = -(-len(values) // _MOST)
            epochs = [1 + epoch for epoch in range(0, len(values), step)]
            marker = "o" if len(epochs) == 1 else ""
            axes.plot(
                epochs,
                points(values[::step]),
                linestyle=style,
                color=colour,
                label=label,
                marker=marker,
            )
        if logarithmic:
            axes.set_yscale("log")
        last = max((len(line.values) for line in lines), default=1)
        axes.set_xlim((1, last) if last > 1 else (0, 2))
        axes.set_title(title(name))
        tidy(axes, "epoch", whole=True)
        axes.legend(loc="lower right", bbox_to_anchor=(1.02, 0.98), ncols=2, columnspacing=1)

    ends = ", ".join(f"{label} {number(values[-1], name)}" for label, values, _, _ in lines)
    scale = "; logarithmic scale" if logarithmic else ""
    caption = f"{title(name)} at the end: {ends}{scale}."
    return draw(picture, f"Over the epochs, {caption}", paint, caption=caption)
