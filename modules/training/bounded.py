"""What every search keeps to, whatever proposes its trials.

It begins with the defaults, so that it cannot choose worse than them. It tries no combination
twice, and ends when it has tried them all, when the next trial would pass the budget, or when its
time is over.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras_tuner

from modules.training.tasks import SearchTask

BUDGET, TIME, SPACE, DONE = "budget", "time", "space", "done"
"""Why a search ended: what was given was spent, all combinations were tried, or it had no more to
propose."""

PARENT, UNTIL, START = "tuner/trial_id", "tuner/epochs", "tuner/initial_epoch"
BRACKET, ROUND = "tuner/bracket", "tuner/round"

STOPPED: dict[str, Any] = {"status": "STOPPED", "values": None}

Cost = Callable[[int, int], int]


def combinations(space: keras_tuner.HyperParameters) -> int:
    """How many combinations of values there are."""
    return math.prod(len(one.values) for one in space.space)


def all_values(space: keras_tuner.HyperParameters) -> Iterator[dict[str, Any]]:
    """Each combination."""
    names = [one.name for one in space.space]
    for values in itertools.product(*(one.values for one in space.space)):
        yield dict(zip(names, values, strict=True))


def span(values: Mapping[str, Any], max_epochs: int) -> tuple[int, int]:
    """The epochs that a proposed trial has behind it, and at its end."""
    return int(values.get(START, 0)), int(values.get(UNTIL, max_epochs))


def bounded(base: type) -> type:
    """An oracle of Keras Tuner's kind that keeps to it; `task` and `cost` have to be set.

    Its `ended` says why there are no more trials; its `seconds` are for whoever runs the trials to
    count. `foreseeable` is whether anything can be told of the next trials while one is running,
    and `learns` whether what is drawn follows from results.
    """

    class Bounded(base):
        """Proposes the defaults first, nothing twice, and nothing that passes the budget."""

        task: SearchTask
        cost: Cost
        seconds = 0.0
        ended = ""

        @property
        def foreseeable(self) -> bool:
            return bool(getattr(super(), "foreseeable", True))

        @property
        def learns(self) -> bool:
            return bool(getattr(super(), "learns", False))

        def populate_space(self, trial_id: str) -> dict[str, Any]:
            minutes = self.task.minutes
            if minutes is not None and self.start_order and self.seconds >= 60 * minutes:
                return self._stop(TIME)
            response = super().populate_space(trial_id)
            if response["status"] != "RUNNING":
                whole = len(self._tried_so_far) >= combinations(self.get_space())
                return self._stop(SPACE if whole else DONE)
            values = response["values"]
            if not self.start_order:
                values = {**values, **_defaults(self.get_space())}
            elif PARENT not in values and self._duplicate(values):
                values = self._random_values()
                if values is None:
                    return self._stop(SPACE)
            budget = self.task.budget
            if budget is not None and self._spent() + self._cost_of(values) > budget:
                return self._stop(BUDGET)
            return {"status": "RUNNING", "values": values}

        def save(self, fname: str = "") -> None:
            """Nothing, since nobody reads it; see Search."""

        def _save_trial(self, trial: Any) -> None: ...

        def _stop(self, why: str) -> dict[str, Any]:
            self.ended = why
            return STOPPED

        def _spent(self) -> int:
            return sum(self._cost_of(one.hyperparameters.values) for one in self.trials.values())

        def _cost_of(self, values: Mapping[str, Any]) -> int:
            return self.cost(*span(values, self.task.max_epochs))

        def _random_values(self) -> dict[str, Any] | None:
            """Keras Tuner gives up when it has drawn what was tried before for some times."""
            values = super()._random_values()
            if values is not None:
                return values
            left = [one for one in all_values(self.get_space()) if not self._duplicate(one)]
            self._seed_state += 1
            return random.Random(self._seed_state).choice(left) if left else None

    return Bounded


def _defaults(space: keras_tuner.HyperParameters) -> dict[str, Any]:
    return {one.name: one.default for one in space.space if space.is_active(one)}
