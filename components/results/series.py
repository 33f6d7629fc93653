"""What trainings of one setting that differ in their seed alone have come to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from components.results.numbers import count, gap, number, title


@dataclasses.dataclass(frozen=True)
class Member:
    """One training of a series, with the run that judged it.

    Attributes:
        run: its name.
        repeat: what was added to the seed of the training.
        outcome: of the run: judged, or refused.
        objective: the family's objective on the eval split after the last epoch; None of a training
            that was broken off.
        figures: the headline's figures on the test split; empty where nothing was judged.
    """

    run: str
    repeat: int
    outcome: str
    objective: float | None
    figures: Mapping[str, float | None]


@dataclasses.dataclass(frozen=True)
class Spread:
    """A figure of the test split over the seeds.

    Attributes:
        figure: its name.
        mean: of those that have it.
        deviation: their sample standard deviation; None of fewer than two.
        count: how many have it.
    """

    figure: str
    mean: float
    deviation: float | None
    count: int


@dataclasses.dataclass(frozen=True)
class Series:
    """What a series came to.

    Attributes:
        objective: the name of the figure by which the median is chosen, on the eval split.
        members: in the order in which they were trained.
        chosen: the run whose model goes on to the Pusher.
        spread: of the headline's figures, on the test split: told, and never chosen by.
    """

    objective: str
    members: tuple[Member, ...]
    chosen: str
    spread: tuple[Spread, ...] = ()

    @property
    def median(self) -> Member:
        """The member that was chosen."""
        return next(one for one in self.members if one.run == self.chosen)


def told(series: Series) -> list[str]:
    """A series in sentences: the spread, then which one was chosen and why."""
    many = len(series.members)
    lines = [f"{count(many, 'training')} of one setting, which differ in their seed alone."]
    if series.spread:
        figures = "; ".join(_spread(one, many) for one in series.spread)
        lines.append(f"On the test images: {figures}.")
    else:
        lines.append("None of them was judged.")
    median = series.median
    reached = f"{title(series.objective)} {number(median.objective, series.objective)}"
    then = "was refused" if median.outcome == "refused" else "goes on to the Pusher"
    lines.append(f"The median on the eval split, {reached}, is run {median.run}; it {then}.")
    if many % 2 == 0:
        lines.append("Of the two in the middle, the one that is less good counts as the median.")
    broken = sum(one.objective is None for one in series.members)
    if broken:
        lines.append(
            f"{count(broken, 'training was', 'trainings were')} broken off; such rank last."
        )
    return lines


def _spread(one: Spread, many: int) -> str:
    of = "" if one.count == many else f" of {one.count}"
    text = f"{title(one.figure)} {number(one.mean, one.figure)} on average{of}"
    if one.deviation is None:
        return text
    return f"{text}, standard deviation {gap(one.deviation, one.figure)}"
