"""What a profile of a family says: values that were measured to work together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from modules.contract.values import Kind

PROFILE_NAMES = ("smoke", "default", "full")

_IMAGES = 10_000_000  # more do not fit in memory
_EPOCHS = 100_000
_BUDGET = _IMAGES * _EPOCHS
_MINUTES = 100_000


def setting(means: str, kind: Kind, name: str = "", option: str = "", **default: Any) -> Any:
    """Declares a field that a person may set.

    Args:
        means: what it is, for the table of all settings.
        kind: what a value has to be; of a mapping, each of its values.
        name: what people call it; empty for the field's own name.
        option: without its dashes; empty for the name's own, where it is in no table.
        default: `default=...`, where there is one.
    """
    return dataclasses.field(
        metadata={"means": means, "kind": kind, "name": name, "option": option}, **default
    )


@dataclasses.dataclass(frozen=True)
class Data:
    """How many images are read; None is all of them."""

    train_images: int | None = setting(
        "training images to read, before they are split into train and eval",
        Kind(int, least=1, most=_IMAGES, absent="all"),
        default=None,
    )
    test_images: int | None = setting(
        "test images to read", Kind(int, least=1, most=_IMAGES, absent="all"), default=None
    )
    transposed: bool = setting(
        "the files hold rows as columns, as EMNIST's do", Kind(bool), default=False
    )


@dataclasses.dataclass(frozen=True)
class Tuning:
    """How far the search goes."""

    max_epochs: int = setting("epochs of the longest trial", Kind(int, least=1, most=_EPOCHS))
    factor: int = setting("Hyperband keeps one trial in this many", Kind(int, least=2, most=1000))
    images: int | None = setting(
        "training images that a trial learns from", Kind(int, least=1, most=_IMAGES, absent="all")
    )
    budget: int | None = setting(
        "training images x epochs that all trials of a search take together; iteration is what one "
        "iteration of Hyperband takes",
        Kind(int, least=1, most=_BUDGET, absent="iteration"),
        option="tuner-budget",
        default=None,
    )
    minutes: float | None = setting(
        "minutes after which a search begins no trial",
        Kind(float, least=0, most=_MINUTES, absent="none"),
        option="tuner-minutes",
        default=None,
    )
    confirm: int = setting(
        "seeds with which a search's winner and what it began with are trained at its end, to say "
        "whether it was worth it; the budget does not pay for them",
        Kind(int, least=0, most=20),
        default=3,
    )


@dataclasses.dataclass(frozen=True)
class Training:
    """How long the tuned model learns."""

    epochs: int = setting("epochs of the training", Kind(int, least=1, most=_EPOCHS))
    repeat: int = setting(
        "which of several trainings of the same setting: it is added to the seed of the training "
        "alone, so that data and search stay the same",
        Kind(int, least=0, most=999),
        default=0,
    )


@dataclasses.dataclass(frozen=True)
class Judging:
    """What is asked of the judge that reads a generator's samples."""

    accuracy: float = setting(
        "the share of the eval split's images that the judge has to read as what they are",
        Kind(float, least=0, most=1),
        default=0.8,
    )


@dataclasses.dataclass(frozen=True)
class Profile:
    """One size of run of a family, with the values that are not searched for.

    Which bounds its gates have is known beside the data (pipeline/gates_file.py).

    Attributes:
        data: how much is read.
        tuning: how far the search goes.
        training: how long the tuned model learns.
        hyperparameters: values that are fixed in this profile.
    """

    data: Data
    tuning: Tuning
    training: Training
    hyperparameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
