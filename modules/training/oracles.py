"""Keras Tuner's oracles, such that a search cannot choose worse than the defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras_tuner

from modules.contract.family import Objective
from modules.contract.hyperparameters import BATCH_SIZE, Hyperparameter, that_fit
from modules.contract.values import unknown
from modules.training.searches import SEARCHES
from modules.training.tasks import SearchTask

_MANY = 9_999


def space_to_search(
    space: Sequence[Hyperparameter], fixed: Mapping[str, Any], images: Callable[[], int]
) -> keras_tuner.HyperParameters:
    """A family's space in Keras Tuner's form.

    Of the sizes of a batch, only those are searched that are no larger than the images of a trial.

    Args:
        space: what there is.
        fixed: values that no search may change.
        images: says how many a trial learns from; asked only if sizes of a batch are searched.
    """
    hp = keras_tuner.HyperParameters()
    for one in space:
        if one.name in fixed:
            hp.Fixed(one.name, fixed[one.name])
            continue
        choices = one.choices
        if one.name == BATCH_SIZE and choices:
            choices = that_fit(choices, images())
        if choices:
            default = one.default if one.default in choices else max(choices)
            hp.Choice(one.name, list(choices), default=default)
        else:
            hp.Fixed(one.name, one.default)
    return hp


def make_oracle(
    task: SearchTask, space: keras_tuner.HyperParameters, objective: Objective
) -> keras_tuner.Oracle:
    """An oracle that proposes the space's defaults first, then searches.

    The same task and space, and the same results reported back, always give the same trials.

    Args:
        task: how to search, and how far.
        space: what to search, and what is fixed.
        objective: the figure to improve.

    Raises:
        ValueError: there is no such search.
    """
    if task.search not in SEARCHES:
        raise ValueError(unknown("search", task.search, list(SEARCHES)))
    way = SEARCHES[task.search]
    oracle = _defaults_first(getattr(keras_tuner.oracles, way.oracle))(
        objective=keras_tuner.Objective(*objective),
        hyperparameters=space,
        seed=task.seed,
        # A trial that fails is no reason to end the search; Search judges what is left of it.
        max_consecutive_failed_trials=_MANY,
        **way.limits(task),
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
