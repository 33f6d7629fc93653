"""The four ways to search, and how much work each will be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    GridSearchOracle,
    HyperbandOracle,
    RandomSearchOracle,
)

from modules.contract.family import Objective

SEARCHES = {
    "hyperband": HyperbandOracle,
    "random": RandomSearchOracle,
    "bayesian": BayesianOptimizationOracle,
    "grid": GridSearchOracle,
}

_MANY = 9_999


def make_oracle(
    settings: Mapping[str, Any], space: keras_tuner.HyperParameters, objective: Objective
) -> keras_tuner.Oracle:
    """An oracle that proposes the space's defaults first, then searches.

    The same settings and space, and the same results reported back, always give the same trials.

    Args:
        settings: "search" (one of SEARCHES), "seed", and for hyperband "max_epochs" and "factor",
            for the others "max_trials".
        space: what to search, and what is fixed.
        objective: the figure to improve.

    Raises:
        ValueError: there is no such search.
    """
    kind = settings["search"]
    if kind not in SEARCHES:
        raise ValueError(f"unknown search {kind!r}; known: {', '.join(SEARCHES)}")
    limits: dict[str, Any] = {"max_trials": settings.get("max_trials")}
    if kind == "hyperband":
        limits = {"max_epochs": settings["max_epochs"], "factor": settings["factor"]}
    oracle = _defaults_first(SEARCHES[kind])(
        objective=keras_tuner.Objective(*objective),
        hyperparameters=space,
        seed=settings["seed"],
        # A trial that fails is no reason to end the search; Search judges what is left of it.
        max_consecutive_failed_trials=_MANY,
        **limits,
    )
    if oracle.max_trials is None:
        oracle.max_trials = _MANY  # TFX slices the list of trials by it
    return oracle


def _defaults_first(base: type) -> type:
    class DefaultsFirst(base):
        """A search cannot choose worse than the defaults when it has tried them."""

        def populate_space(self, trial_id: str) -> dict[str, Any]:
            response = super().populate_space(trial_id)
            if not self.start_order and response["status"] == "RUNNING":
                space = self.get_space()
                defaults = {hp.name: hp.default for hp in space.space if space.is_active(hp)}
                response["values"] = {**response["values"], **defaults}
            return response

    return DefaultsFirst


def planned_work(settings: Mapping[str, Any]) -> tuple[int, int]:
    """How many trials a search will run, and how many epochs in all of them, at most.

    Hyperband: Li et al. 2018, algorithm 1, with the sizes that Keras Tuner gives its brackets.
    """
    epochs = int(settings["max_epochs"])
    if settings["search"] != "hyperband":
        trials = int(settings.get("max_trials") or 1)
        return trials, trials * epochs
    factor = int(settings["factor"])
    last_round = math.ceil(1 + math.log(epochs, factor))
    trials = work = 0
    bracket = 0
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
