"""What proposes the trials of a search: Keras Tuner's oracles, held to the budget, and Hyperband.

A search begins with the defaults, so that it cannot choose worse than them. It tries no combination
twice, and ends when it has tried them all, when the next trial would pass the budget, or when its
time is over.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import keras_tuner

from modules.contract.family import Objective
from modules.contract.hyperparameters import BATCH_SIZE, Hyperparameter, that_fit
from modules.contract.values import unknown
from modules.training.model_based import ModelBased
from modules.training.searches import SEARCHES, brackets, promoted
from modules.training.tasks import SearchTask

BUDGET, TIME, SPACE, DONE = "budget", "time", "space", "done"
"""Why a search ended: what was given was spent, all combinations were tried, or it had no more to
propose."""

PARENT, UNTIL, START = "tuner/trial_id", "tuner/epochs", "tuner/initial_epoch"
BRACKET, ROUND = "tuner/bracket", "tuner/round"

_MANY = 9_999  # trials: one number for all budgets, since Keras Tuner names trials by its length
_DRAWN = 1_000  # combinations to choose from, where all are too many
_RESTARTS = 2  # of a fit of one number, the length scale
_SEED_OF_ZERO = 2**31 - 1  # which Keras Tuner takes for none
_STOPPED = {"status": "STOPPED", "values": None}

Cost = Callable[[int, int], int]


def space_to_search(
    space: Sequence[Hyperparameter],
    fixed: Mapping[str, Any],
    images: Callable[[], int],
    begin: Mapping[str, Any] | None = None,
) -> keras_tuner.HyperParameters:
    """A family's space in Keras Tuner's form.

    Of the sizes of a batch, only those are searched that are no larger than the images of a trial.

    Args:
        space: what there is.
        fixed: values that no search may change.
        images: says how many a trial learns from; asked only if sizes of a batch are searched.
        begin: values that the search begins with, instead of the defaults; one that is none of
            the choices becomes one.
    """
    hp = keras_tuner.HyperParameters()
    for one in space:
        if one.name in fixed:
            hp.Fixed(one.name, fixed[one.name])
            continue
        choices, default = one.choices, (begin or {}).get(one.name, one.default)
        if begin and one.name in begin and choices and default not in choices:
            choices = (*choices, default)
        if one.name == BATCH_SIZE and choices:
            choices = that_fit(choices, images())
        if choices:
            default = default if default in choices else max(choices)
            hp.Choice(one.name, list(choices), default=default)
        else:
            hp.Fixed(one.name, default)
    return hp


def combinations(space: keras_tuner.HyperParameters) -> int:
    """How many combinations of values there are."""
    return math.prod(len(one.values) for one in space.space)


def make_oracle(
    task: SearchTask, space: keras_tuner.HyperParameters, objective: Objective, cost: Cost
) -> keras_tuner.Oracle:
    """An oracle that proposes the space's defaults first, then searches within the budget.

    The same task and space, and the same results reported back, always give the same trials; with
    a larger budget, the same and more. Its `ended` says why there are no more; its `seconds` are
    for whoever runs the trials to count.

    Args:
        task: how to search, and how far; its budget is known.
        space: what to search, and what is fixed.
        objective: the figure to improve.
        cost: of a trial, in the budget's unit, by the epochs that it has behind it and at its end.

    Raises:
        ValueError: there is no such search.
    """
    if task.search not in SEARCHES:
        raise ValueError(unknown("search", task.search, list(SEARCHES)))
    name = SEARCHES[task.search].oracle
    base = globals().get(name) or getattr(keras_tuner.oracles, name)
    more: dict[str, Any] = {}
    if issubclass(base, HyperbandOracle):
        more = {"task": task}
    elif base is BayesianOracle:
        # Keras Tuner counts fixed values as well, and would draw at random for dozens of trials.
        more = {"num_initial_points": 1 + sum(len(one.values) > 1 for one in space.space)}
    oracle = _bounded(base)(
        objective=keras_tuner.Objective(*objective),
        hyperparameters=space,
        seed=task.seed or _SEED_OF_ZERO,
        # A trial that fails is no reason to end the search; Search judges what is left of it.
        max_consecutive_failed_trials=_MANY,
        **more,
    )
    oracle.task, oracle.cost = task, cost
    oracle.max_trials = _MANY
    return oracle


def span(values: Mapping[str, Any], max_epochs: int) -> tuple[int, int]:
    """The epochs that a proposed trial has behind it, and at its end."""
    return int(values.get(START, 0)), int(values.get(UNTIL, max_epochs))


class HyperbandOracle(keras_tuner.Oracle):
    """Hyperband (Li et al. 2018), one iteration after another; trials come one at a time.

    It draws and promotes what Keras Tuner's own does. Unlike that, it promotes the best of what is
    left when a trial failed, or when there were too few combinations to fill a rung.

    Args:
        task: max_epochs and factor are asked for.
    """

    def __init__(self, *, task: SearchTask, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._asked = task
        self._trial_id = ""
        self._proposals = self._propose()

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next trial; see the base class."""
        self._trial_id = trial_id
        values = next(self._proposals, None)
        return _STOPPED if values is None else {"status": "RUNNING", "values": values}

    def _propose(self) -> Generator[dict[str, Any], None, None]:
        """Gives values; when it is asked for the next ones, the trial with the last has ended."""
        task = self._asked
        for rungs in itertools.cycle(brackets(task.max_epochs, task.factor)):
            tried: list[str] = []
            for rung in rungs:
                known = {
                    UNTIL: rung.until,
                    START: rung.start,
                    BRACKET: rung.bracket,
                    ROUND: rung.round,
                }
                if not rung.round:
                    drawn = 0
                    while drawn < rung.size and (values := self._random_values()) is not None:
                        drawn += 1
                        tried.append(self._trial_id)
                        yield {**values, **known}
                    continue
                before, tried = self._best(tried), []
                for parent in before[: promoted(rung, drawn, task.factor)]:
                    tried.append(self._trial_id)
                    values = self.trials[parent].hyperparameters.values
                    yield {**values, **known, PARENT: parent}
            if not drawn:
                return

    def _best(self, tried: Sequence[str]) -> list[str]:
        scored = [one for one in tried if self.trials[one].status == "COMPLETED"]
        rises = self.objective.direction == "max"
        return sorted(scored, key=lambda one: self.trials[one].score, reverse=rises)

    def _compute_values_hash(self, values: Mapping[str, Any]) -> Any:
        own = {name: value for name, value in values.items() if not name.startswith("tuner/")}
        return super()._compute_values_hash(own)


class BohbOracle(ModelBased, HyperbandOracle):
    """Hyperband that draws by what its trials have shown; see ModelBased."""


class BayesianOracle(keras_tuner.oracles.BayesianOptimizationOracle):
    """Keras Tuner's, which proposes the best of the combinations that were not tried, by the same
    lower confidence bound, instead of what is nearest to the end of a climb, tried or not."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next trial; see the base class."""
        del trial_id
        done = sum(trial.status == "COMPLETED" for trial in self.trials.values())
        if done < self.num_initial_points:
            return self._random_populate_space()
        left = self._untried()
        if not left:
            return _STOPPED
        self.gpr.n_restarts_optimizer = _RESTARTS
        self.gpr.fit(*self._vectorize_trials())
        searched = self._nonfixed_space()
        points = [[one.value_to_prob(values[one.name]) for one in searched] for values in left]
        mean, deviation = self.gpr.predict(points, return_std=True)
        best = int((mean - self.beta * deviation).argmin())
        return {"status": "RUNNING", "values": left[best]}

    def _untried(self) -> list[dict[str, Any]]:
        space = self.get_space()
        if combinations(space) > _MANY:
            return [values for _ in range(_DRAWN) if (values := self._random_values())]
        return [values for values in _all_values(space) if not self._duplicate(values)]


def _bounded(base: type) -> type:
    class Bounded(base):
        """Proposes the defaults first, nothing twice, and nothing that passes the budget."""

        task: SearchTask
        cost: Cost
        seconds = 0.0
        ended = ""

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
            return _STOPPED

        def _spent(self) -> int:
            return sum(self._cost_of(one.hyperparameters.values) for one in self.trials.values())

        def _cost_of(self, values: Mapping[str, Any]) -> int:
            return self.cost(*span(values, self.task.max_epochs))

        def _random_values(self) -> dict[str, Any] | None:
            """Keras Tuner gives up when it has drawn what was tried before for some times."""
            values = super()._random_values()
            if values is not None:
                return values
            left = [one for one in _all_values(self.get_space()) if not self._duplicate(one)]
            self._seed_state += 1
            return random.Random(self._seed_state).choice(left) if left else None

    return Bounded


def _defaults(space: keras_tuner.HyperParameters) -> dict[str, Any]:
    return {one.name: one.default for one in space.space if space.is_active(one)}


def _all_values(space: keras_tuner.HyperParameters) -> Iterator[dict[str, Any]]:
    names = [one.name for one in space.space]
    for values in itertools.product(*(one.values for one in space.space)):
        yield dict(zip(names, values, strict=True))
