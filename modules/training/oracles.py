"""What proposes the trials of a search: Keras Tuner's oracles, and Hyperband."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import keras_tuner

from modules.contract.family import Objective
from modules.contract.hyperparameters import BATCH_SIZE, Hyperparameter, that_fit
from modules.contract.values import unknown
from modules.training.bounded import (
    BRACKET,
    PARENT,
    ROUND,
    START,
    STOPPED,
    UNTIL,
    Cost,
    all_values,
    bounded,
    combinations,
)
from modules.training.model_based import ModelBased
from modules.training.searches import SEARCHES, brackets, promoted
from modules.training.tasks import SearchTask

_MANY = 9_999  # trials: one number for all budgets, since Keras Tuner names trials by its length
_DRAWN = 1_000  # combinations to choose from, where all are too many
_RESTARTS = 2  # of a fit of one number, the length scale
_SEED_OF_ZERO = 2**31 - 1  # which Keras Tuner takes for none


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
    oracle = bounded(base)(
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
        return STOPPED if values is None else {"status": "RUNNING", "values": values}

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

    @property
    def foreseeable(self) -> bool:
        """Whether trials are drawn at random still."""
        done = sum(trial.status == "COMPLETED" for trial in self.trials.values())
        return bool(done < self.num_initial_points)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next trial; see the base class."""
        del trial_id
        if self.foreseeable:
            return self._random_populate_space()
        left = self._untried()
        if not left:
            return STOPPED
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
        return [values for values in all_values(space) if not self._duplicate(values)]
