"""What a search and a training are asked to do, as TFX carries it: one value there and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

_Task = TypeVar("_Task", "SearchTask", "TrainingTask")


@dataclasses.dataclass(frozen=True)
class SearchTask:
    """A search; nothing of the Trainer's, since a longer training must not start it again.

    Attributes:
        family: whose hyperparameters.
        dataset: what the data say of themselves, as modules.data.dataset.to_plain writes it.
        search: a name of modules.training.searches.
        max_epochs: of the longest trial.
        factor: Hyperband keeps one trial in so many.
        budget: training images x epochs, in all trials together; None for what one iteration of
            Hyperband takes.
        minutes: after which no trial begins; None for no such limit.
        confirm: how many seeds the winner and the defaults are trained with when it has ended.
        images: training images that a trial learns from; None for all.
        hyperparameters: values that are fixed.
        begin: values that the search begins with, instead of the defaults.
        seed: of the proposals, of the draw of images and of each training.
        source: a name for the code.
    """

    family: str
    dataset: Mapping[str, Any]
    search: str
    max_epochs: int
    factor: int
    budget: int | None
    images: int | None
    hyperparameters: Mapping[str, Any]
    seed: int
    source: str
    minutes: float | None = None
    confirm: int = 0
    begin: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class TrainingTask:
    """A training.

    Attributes:
        family: of the model.
        dataset: as in SearchTask.
        epochs: of the whole training.
        hyperparameters: values that come before those of a search.
        seed: for first weights, order and changes of images.
        source: a name for the code.
        repeat: which of several trainings that differ in their seed alone; `seed` has it in it.
    """

    family: str
    dataset: Mapping[str, Any]
    epochs: int
    hyperparameters: Mapping[str, Any]
    seed: int
    source: str
    repeat: int = 0


def to_config(task: SearchTask | TrainingTask) -> dict[str, Any]:
    """The task as JSON values, for the custom_config of TFX's Tuner and Trainer."""
    return dataclasses.asdict(task)


def from_config(kind: type[_Task], config: Mapping[str, Any]) -> _Task:
    """The task that `to_config` was given.

    Raises:
        TypeError: it is of another version of the project.
    """
    names = {field.name for field in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in config.items() if name in names})
