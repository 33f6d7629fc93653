"""The ways to search hyperparameters: one row each, and what each makes of a budget. Imports no
framework.

A row is all that there is to add: `--tuner` offers it, and the Tuner runs it.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from modules.contract.family import IMAGES
from modules.training.tasks import SearchTask


class Step(NamedTuple):
    """A trial as it is planned: from which epoch on, until which; 0 begins a configuration."""

    start: int
    until: int


class Rung(NamedTuple):
    """Trials of a bracket of Hyperband that are compared with each other.

    Attributes:
        bracket: how many rungs come after its first.
        round: which of them it is, from 0.
        size: how many trials.
        start: epochs that each has behind it.
        until: epochs that each has at its end.
    """

    bracket: int
    round: int
    size: int
    start: int
    until: int


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to search.

    Attributes:
        oracle: the name of its class, in keras_tuner.oracles or modules.training.oracles.
        steps: the trials of a task in their order, for as long as there are so many configurations.
    """

    oracle: str
    steps: Callable[[SearchTask, float], Iterator[Step]]


def brackets(max_epochs: int, factor: int) -> list[list[Rung]]:
    """One iteration of Hyperband: Li et al. 2018, algorithm 1, with Keras Tuner's sizes.

    Args:
        max_epochs: of the longest trial.
        factor: one trial in so many goes on from a rung to the next.
    """
    longest = math.ceil(1 + math.log(max_epochs, factor))
    last = 0
    while max_epochs >= factor ** (last + 1):
        last += 1
    found = []
    for bracket in range(last, -1, -1):
        rungs: list[Rung] = []
        for level in range(bracket + 1):
            size = math.ceil(longest / (bracket + 1) * factor ** (bracket - level))
            until = math.ceil(max_epochs / factor ** (bracket - level))
            start = rungs[-1].until if rungs else 0
            rungs.append(Rung(bracket, level, size, start, until))
        found.append(rungs)
    return found


def promoted(rung: Rung, drawn: int, factor: int) -> int:
    """How many trials of a bracket reach a rung, if only some could be drawn for its first."""
    return min(rung.size, math.ceil(drawn / factor**rung.round))


def cost(task: SearchTask, resource: str, images: int, start: int, until: int) -> int:
    """What a trial takes of the budget, in training images x epochs.

    Args:
        task: of the search.
        resource: of the family. One that begins anew with more images each time, learns from each
            of its share of them once.
        images: that a whole trial learns from.
        start: epochs that it has behind it.
        until: epochs that it has at its end.
    """
    if resource == IMAGES:
        return share(images, until, task.max_epochs)
    return (until - start) * images


def share(images: int, until: int, max_epochs: int) -> int:
    """How many images a trial at a rung learns from, of a family whose resource they are."""
    return math.ceil(images * until / max_epochs)


def iteration(task: SearchTask, resource: str, images: int) -> int:
    """What one whole iteration of Hyperband takes, which is the budget of whoever names none."""
    return sum(
        rung.size * cost(task, resource, images, rung.start, rung.until)
        for rungs in brackets(task.max_epochs, task.factor)
        for rung in rungs
    )


def allowed(task: SearchTask, resource: str, images: int) -> int:
    """What a search may take."""
    return iteration(task, resource, images) if task.budget is None else task.budget


def least(task: SearchTask, resource: str, images: int) -> int:
    """What the first trial of a search takes, so that with less there is none."""
    first = next(SEARCHES[task.search].steps(task, math.inf))
    return cost(task, resource, images, first.start, first.until)


def plan(task: SearchTask, resource: str, images: int, combinations: int) -> list[Step]:
    """The trials that a search will run, if none of them fails and its time does not run out.

    Args:
        task: of the search.
        resource: of the family.
        images: that a whole trial learns from.
        combinations: how many configurations there are.
    """
    found, left = [], allowed(task, resource, images)
    for step in SEARCHES[task.search].steps(task, combinations):
        left -= cost(task, resource, images, step.start, step.until)
        if left < 0:
            break
        found.append(step)
    return found


def _whole_trials(task: SearchTask, combinations: float) -> Iterator[Step]:
    whole = Step(0, task.max_epochs)
    return itertools.repeat(whole, *(() if combinations == math.inf else (int(combinations),)))


def _rungs(task: SearchTask, combinations: float) -> Iterator[Step]:
    while True:
        for rungs in brackets(task.max_epochs, task.factor):
            drawn = int(min(rungs[0].size, combinations))
            if not drawn:
                return
            combinations -= drawn
            for rung in rungs:
                yield from [Step(rung.start, rung.until)] * promoted(rung, drawn, task.factor)


SEARCHES: Mapping[str, Way] = {
    "hyperband": Way("HyperbandOracle", _rungs),
    "bohb": Way("BohbOracle", _rungs),
    "random": Way("RandomSearchOracle", _whole_trials),
    "bayesian": Way("BayesianOracle", _whole_trials),
    "grid": Way("GridSearchOracle", _whole_trials),
}
