"""The model families, and what each of them must offer. Imports no framework."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    import keras
    import keras_tuner
    import numpy as np
    import tensorflow as tf

FAMILIES: tuple[str, ...] = ("transformer",)


class Objective(NamedTuple):
    """The figure that a search improves.

    Attributes:
        name: as Keras logs it, such as "val_accuracy".
        direction: "max" or "min".
    """

    name: str
    direction: str


class Signature(NamedTuple):
    """One way to call an exported model.

    Attributes:
        function: from tensors to a dict of named tensors; the parameter's name is the input's.
        inputs: a tf.TensorSpec for each parameter.
    """

    function: Callable[..., Mapping[str, Any]]
    inputs: list[Any]


class Family(Protocol):
    """What a family's module offers; its functions know everything that is its own."""

    OBJECTIVE: Objective
    SIGNATURES: tuple[str, ...]  # the names that `signatures` gives

    def search_space(self, hp: keras_tuner.HyperParameters) -> None:
        """Declares every hyperparameter, with its default."""

    def build(self, hp: keras_tuner.HyperParameters, total_steps: int, seed: int) -> keras.Model:
        """A compiled model, built with its optimizers; schedules end after total_steps steps."""

    def batches(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        hp: keras_tuner.HyperParameters,
        training: bool,
        seed: int,
    ) -> tf.data.Dataset:
        """What `fit` or its validation reads; images uint8 (N, 28, 28), labels int64 (N,)."""

    def signatures(self, model: keras.Model) -> dict[str, Signature]:
        """How the exported model can be called; "serving_default" takes tf.Examples."""


def load(name: str) -> Family:
    """Imports a family.

    Raises:
        ValueError: there is no family of that name.
    """
    if name not in FAMILIES:
        raise ValueError(f"unknown model family {name!r}; known: {', '.join(FAMILIES)}")
    return cast(Family, importlib.import_module(f"modules.{name}"))
