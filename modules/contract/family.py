"""What a model family's module has to offer. Imports no framework.

docs/families.md says how to add one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import keras
    import keras_tuner
    import numpy as np
    import tensorflow as tf


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


class Gate(NamedTuple):
    """A bound that blesses or refuses a model.

    Attributes:
        figure: the figure it is on.
        bound: the name of the bound's value among the profile's gates.
        at_least: whether the figure must not be below the bound; otherwise, not above it.
        by: the feature whose every slice must meet it; empty for the whole test split.
        change: the name of the gate that says by how much the figure may be worse than the last
            blessed model's; empty where it is not compared.
    """

    figure: str
    bound: str
    at_least: bool = True
    by: str = ""
    change: str = ""


class Evaluation(NamedTuple):
    """How a family's models are judged.

    Attributes:
        signature: of the exported model; gives facts about each serialized tf.Example.
        figures: the names of the numbers that the family's `figures` makes of a slice's facts.
        gates: what a model must reach.
        headline: the figures that say in a word how good a model is.
        overall: those of the figures that mean something for the whole test split alone.
        by_class: the names of what `figures` gives as a row for each digit.
        prediction: the one output to judge, for TFMA's own metrics or because it is the only one;
            empty for all of them.
        standard: TFMA's own metrics, as pairs of a class and a name.
    """

    signature: str
    figures: tuple[str, ...]
    gates: tuple[Gate, ...]
    headline: tuple[str, ...]
    overall: tuple[str, ...] = ()
    by_class: tuple[str, ...] = ()
    prediction: str = ""
    standard: tuple[tuple[str, str], ...] = ()


class Family(Protocol):
    """What a family's module offers; its functions know everything that is its own."""

    OBJECTIVE: Objective
    SIGNATURES: tuple[str, ...]  # those that are served, and so asked before a push
    EVALUATION: Evaluation

    def search_space(self, hp: keras_tuner.HyperParameters) -> None:
        """Declares every hyperparameter, with its default."""

    def build(self, hp: keras_tuner.HyperParameters, total_steps: int, seed: int) -> keras.Model:
        """A compiled model, built with its optimizers; schedules end after total_steps steps.

        Raises:
            ValueError: values that do not fit together, in a sentence.
        """

    def batches(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        hp: keras_tuner.HyperParameters,
        training: bool,
        seed: int,
    ) -> tf.data.Dataset:
        """What `fit` or its validation reads; images uint8 (N, 28, 28), labels int64 (N,)."""

    def collapsed(self, logs: Mapping[str, float]) -> str:
        """Says what is wrong with the model after an epoch, by its figures; empty if nothing."""

    def pictures(self, model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures by name, each uint8 (height, width); images are held-out ones, uint8."""

    def signatures(self, model: keras.Model, images: np.ndarray, seed: int) -> dict[str, Signature]:
        """How the exported model can be called; "serving_default" takes tf.Examples.

        Images are the training ones, uint8 (N, 28, 28), for what an evaluation compares with.
        """

    def figures(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """EVALUATION's figures of a slice, from the facts about each of its Examples."""

    def notes(self) -> dict[str, Any]:
        """What a reader of the results has to know, such as which judge read the images."""
