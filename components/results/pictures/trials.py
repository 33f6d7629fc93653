"""The score of a search's trials against a hyperparameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from components.results.facts import Trial
from components.results.numbers import count, number, title
from components.results.pictures.draw import SERIES, Picture, draw, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE = 9.0  # from this ratio of the largest to the least value, the scale is logarithmic


def searched(trials: Sequence[Trial]) -> list[str]:
    """The hyperparameters of which the trials have more than one value."""
    names = dict.fromkeys(name for trial in trials for name in trial.values)
    return [
        name
        for name in names
        if len({str(trial.values[name]) for trial in trials if name in trial.values}) > 1
    ]


def scatter(name: str, objective: str, trials: Sequence[Trial]) -> Picture:
    """Draws a point a trial that has a score; that of the best one is larger.

    Args:
        name: of the hyperparameter.
        objective: what the score is of.
        trials: the best first.
    """
    told = [
        (trial.values[name], trial.score)
        for trial in trials
        if trial.score is not None and name in trial.values
    ]
    values = [value for value, _ in told]
    numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    words = [] if numeric else sorted({number(value) for value in values})
    places = values if numeric else [words.index(number(value)) for value in values]
    logarithmic = numeric and bool(values) and 0 < min(values) * _WIDE < max(values)

    def paint(axes: Axes) -> None:
        scores = [score for _, score in told]
        axes.plot(places, scores, "o", color=SERIES[0], markersize=5, alpha=0.7)
        axes.plot(places[:1], scores[:1], "D", color=SERIES[1], markersize=8)
        if logarithmic:
            axes.set_xscale("log")
        axes.set_title(_short(name, 30))
        tidy(axes, "", "")
        if numeric:
            marks: list[Any] = sorted(set(values))
            if len(marks) <= 4:
                axes.set_xticks(marks, [number(mark) for mark in marks])
                axes.minorticks_off()
        else:
            axes.set_xticks(range(len(words)), [_short(word, 12) for word in words])
            axes.set_xlim(-0.5, len(words) - 0.5)

    best = f"best with {number(values[0])}" if values else "no trial has a score"
    caption = f"{title(objective)} of {count(len(told), 'trial')}; {best}."
    text = f"{name}: {caption}"
    return draw(f"trials {name}", text, paint, 250, 180, caption, margins=(52, 12, 24, 28))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
