"""The ways to search hyperparameters: one row each. Imports no framework.

A row is all that there is to add: `--tuner` offers it, and the Tuner runs it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

from modules.training.tasks import SearchTask


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to search.

    Attributes:
        oracle: the name of its class in keras_tuner.oracles.
        limits: what that class is told of how far to go.
        work: how many trials it will run, and how many epochs in all of them, at most.
    """

    oracle: str
    limits: Callable[[SearchTask], dict[str, Any]]
    work: Callable[[SearchTask], tuple[int, int]]


def _trials(task: SearchTask) -> dict[str, Any]:
    return {"max_trials": task.max_trials}


def _work_of_trials(task: SearchTask) -> tuple[int, int]:
    return task.max_trials, task.max_trials * task.max_epochs


def _rungs(task: SearchTask) -> dict[str, Any]:
    return {"max_epochs": task.max_epochs, "factor": task.factor}


def _work_of_rungs(task: SearchTask) -> tuple[int, int]:
    """Li et al. 2018, algorithm 1, with the sizes that Keras Tuner gives its brackets."""
    epochs, factor = task.max_epochs, task.factor
    last_round = math.ceil(1 + math.log(epochs, factor))
    trials = work = bracket = 0
    while epochs >= factor**bracket:
        before = 0
        for level in range(bracket + 1):
            size = math.ceil(last_round / (bracket + 1) * factor ** (bracket - level))
            until = math.ceil(epochs / factor ** (bracket - level))
            trials += size
            work += size * (until - before)
            before = until
        bracket += 1
    return trials, work


SEARCHES: Mapping[str, Way] = {
    "hyperband": Way("HyperbandOracle", _rungs, _work_of_rungs),
    "random": Way("RandomSearchOracle", _trials, _work_of_trials),
    "bayesian": Way("BayesianOptimizationOracle", _trials, _work_of_trials),
    "grid": Way("GridSearchOracle", _trials, _work_of_trials),
}
