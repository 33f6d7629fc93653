"""Draws of a search that learn from its trials: the model of BOHB."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras_tuner
import numpy as np

from modules.training.bounded import UNTIL

_GOOD = 0.15  # of the trials
_AT_RANDOM = 1 / 3  # of the draws, so that a wrong model does no lasting harm
_NEIGHBOUR = 0.3  # how much a place weighs beside its neighbour's weight


MOST = 20_000
"""So many combinations are looked at, drawn from a larger space."""


class Choices:
    """What can be proposed, and what has been.

    Args:
        space: of choices and fixed values.
    """

    def __init__(self, space: keras_tuner.HyperParameters) -> None:
        self._fixed = {one.name: one.values[0] for one in space.space if len(one.values) == 1}
        self.lists = {one.name: list(one.values) for one in space.space if len(one.values) > 1}

    @property
    def sizes(self) -> list[int]:
        """How many choices each hyperparameter has that is searched."""
        return [len(values) for values in self.lists.values()]

    def places(self, values: dict[str, Any]) -> tuple[int, ...]:
        """Of each value, its place in its list; (D,)."""
        return tuple(known.index(values[name]) for name, known in self.lists.items())

    def values(self, places: Any) -> dict[str, Any]:
        """The values at places; those that are fixed, too."""
        found = zip(self.lists.items(), places, strict=True)
        return {**self._fixed, **{name: known[int(place)] for (name, known), place in found}}

    def untried(self, tried: set[tuple[int, ...]], chance: np.random.Generator) -> np.ndarray:
        """Combinations that are none of those, int64 (N, D); at most MOST, drawn by chance."""
        count = math.prod(self.sizes)
        some = np.arange(count) if count <= MOST else chance.integers(0, count, MOST)
        places = np.stack(np.unravel_index(some, self.sizes or [1]), axis=1)
        return places[[tuple(map(int, one)) not in tried for one in places]]


class ModelBased(keras_tuner.Oracle):
    """What an oracle draws at random, it draws by a model as soon as there is one.

    Falkner, Klein and Hutter 2018, "BOHB: Robust and Efficient Hyperparameter Optimization at
    Scale": of the trials with the most epochs of which there are enough, the best are good, and the
    others bad. Each kind gives a density over configurations, and the next one is where the good
    are densest in proportion to the bad. A third of all draws stays random.

    It differs in two things. All combinations that have not been tried are asked, since choices can
    be counted, instead of 64 drawn ones. And a density's kernels are made for choices: each is
    spread over the places of a list, less with every place away for numbers (Wang and van Ryzin
    1981), and evenly for all others (Aitchison and Aitken 1976).
    """

    learns = True

    def _random_values(self) -> dict[str, Any] | None:
        drawn = super()._random_values()
        chance = np.random.default_rng([self.seed, len(self.trials)])
        if drawn is None or chance.random() < _AT_RANDOM:
            return drawn
        choices = Choices(self.hyperparameters)
        good, bad = self._kinds(choices)
        if not good:
            return drawn
        tried = {choices.places(one.hyperparameters.values) for one in self.trials.values()}
        left = choices.untried(tried, chance)
        if not len(left):
            return drawn
        kernels = [kernel(values) for values in choices.lists.values()]
        ratio = density(left, good, kernels) / density(left, bad, kernels)
        best = np.flatnonzero(ratio >= ratio.max() * (1 - 1e-9))
        return choices.values(left[chance.choice(best)])

    def _kinds(self, choices: Choices) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
        """The good and the bad trials' places; none where there are too few for a model."""
        rungs: dict[int, list[Any]] = {}
        for one in self.trials.values():
            if one.status == "COMPLETED":
                rungs.setdefault(one.hyperparameters.values.get(UNTIL, 0), []).append(one)
        least = len(choices.lists) + 1
        enough = [until for until, trials in rungs.items() if len(trials) >= least + 2]
        if not enough:
            return [], []
        rises = self.objective.direction == "max"
        trials = sorted(rungs[max(enough)], key=lambda one: one.score, reverse=rises)
        places = [choices.places(one.hyperparameters.values) for one in trials]
        cut = max(least, int(_GOOD * len(places)))
        return places[:cut], places[-max(least, len(places) - cut) :]


def density(
    places: np.ndarray, seen: Sequence[tuple[int, ...]], kernels: Sequence[np.ndarray]
) -> np.ndarray:
    """How dense trials are at some places.

    Args:
        places: int (N, D).
        seen: the trials' places, each (D,).
        kernels: for each of D dimensions, how a trial is spread over the places, (K, K).

    Returns:
        Float, (N,), above 0.
    """
    around = np.ones((len(places), len(seen)))
    for column, kernel in enumerate(kernels):
        around *= kernel[np.array(seen)[:, column]][:, places[:, column]].T
    return around.mean(axis=1)


def kernel(values: Sequence[Any]) -> np.ndarray:
    """How a trial is spread over the values of a list; each row adds up to 1."""
    count = len(values)
    numbers = not any(isinstance(one, (str, bool)) for one in values)
    away = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    weights = _NEIGHBOUR ** (away if numbers else np.minimum(away, 1))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
