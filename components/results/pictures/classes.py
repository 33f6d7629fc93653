"""What is drawn of classes: a histogram beside its floor, and a confusion matrix of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from components.results.numbers import number
from components.results.pictures.draw import MUTED, SERIES, Picture, draw, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 26  # up to so many classes have their names under the axis
_BARS = 60  # up to so many classes each has a bar
_RGB = (0.84, 0.37, 0.0)  # seen on a light and on a dark page


def histogram(
    names: Sequence[str], shares: Sequence[float | None], floor: Sequence[float | None]
) -> Picture:
    """Draws the share of each class among samples, and among as many real images."""

    made, real = ([share or 0.0 for share in of] for of in (shares, floor))

    def paint(axes: Axes) -> None:
        places = range(len(names))
        if len(names) <= _BARS:
            axes.bar(places, made, 0.7, color=SERIES[0], label="samples")
            size = max(3.0, 300.0 / len(names))
            style: dict[str, Any] = {
                "marker": "_",
                "markersize": size,
                "markeredgewidth": 2.5,
                "linestyle": "",
            }
        else:  # one shape each, so that thousands take no more room
            axes.fill_between(places, made, step="mid", color=SERIES[0], label="samples")
            style = {"drawstyle": "steps-mid", "linewidth": 1.0}
        axes.plot(places, real, color=SERIES[1], label="real images", **style)
        axes.set_title("Classes among the samples")
        axes.set_ylim(0, 1.25 * max([*made, *real, 0.001]))
        tidy(axes, "class", "part")
        if len(names) <= _NAMED:
            axes.set_xticks(places, [name[:6] for name in names])
        axes.legend(loc="upper right", ncols=2)

    known = [(share, name) for share, name in zip(shares, names, strict=True) if share is not None]
    text = "Each class's part of the samples, beside its part of as many real images"
    if known:
        least, most = min(known), max(known)
        text += f": from {number(least[0], 'share')} ({least[1]}) to "
        text += f"{number(most[0], 'share')} ({most[1]})"
    return draw("histogram", f"{text}.", paint, 480, 250)


def heat(confusion: Sequence[Sequence[int]]) -> Picture:
    """Draws where a confusion matrix has mistakes: the more there are, the stronger."""
    import numpy as np

    wrong = np.asarray(confusion, float)
    np.fill_diagonal(wrong, 0.0)
    strength = wrong / max(1.0, wrong.max())
    coloured = np.zeros((*wrong.shape, 4))
    coloured[..., :3] = _RGB
    # The root, so that single mistakes can be seen, too.
    coloured[..., 3] = np.sqrt(strength)

    def paint(axes: Axes) -> None:
        axes.imshow(coloured, interpolation="nearest", aspect="equal")
        axes.plot([-0.5, len(wrong) - 0.5], [-0.5, len(wrong) - 0.5], color=MUTED, linewidth=0.6)
        axes.grid(False)
        axes.set_title("Mistakes")
        tidy(axes, "place of the class that was answered", "place of the actual class")

    text = "Where the mistakes are, a row an actual class; the stronger, the more there are."
    return draw("heat", text, paint, 420, 420, margins=(58, 14, 42, 28))
