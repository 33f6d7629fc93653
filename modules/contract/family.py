"""What the pipeline asks of a model family. Imports no framework.

`docs/families.md` says how to add one, `modules/contract/check.py` whether one keeps to it.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modules.contract.hyperparameters import Hyperparameter, Values
from modules.contract.profile import Profile
from modules.contract.values import Kind
from modules.data.dataset import Dataset
from modules.data.splits import Splits

if TYPE_CHECKING:
    import numpy as np


class TrainingStopped(ValueError):
    """Training was broken off since nothing more can come of it; the message says why."""


class Objective(NamedTuple):
    """The figure that a search improves.

    Attributes:
        name: of a figure in the history of a training, such as "val_accuracy".
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


class Scale(enum.Enum):
    """What kind of number a gate's figure is; says what its bound can be, and how sure it is."""

    AMOUNT = enum.auto()  # from 0 up
    PART = enum.auto()  # from 0 to 1, of nothing that is counted, such as the area under a curve
    OF_EXAMPLES = enum.auto()  # a part of the slice's Examples
    OF_PREDICTED = enum.auto()  # a part of the Examples that were predicted to be of the class

    @property
    def kind(self) -> Kind:
        """What a bound has to be."""
        return Kind(float, least=0, most=1_000_000 if self is Scale.AMOUNT else 1)


class Gate(NamedTuple):
    """A bound that blesses or refuses a model.

    Attributes:
        figure: the figure it is on.
        name: of the bound's value among the gates of a run.
        at_least: whether the figure must not be below the bound; otherwise, not above it.
        by: the feature whose every slice must meet it; empty for the whole test split.
        change: the name of the gate that says by how much the figure may be worse than the last
            blessed model's; empty where it is not compared.
        allowed: how much that is, unless something else is said.
        of_class: there is a figure of that name for each class, `FIGURE_of_NAME`, and each has to
            meet it.
        scale: what kind of number the figure is.
    """

    figure: str
    name: str
    at_least: bool = True
    by: str = ""
    change: str = ""
    allowed: float = 0.0
    of_class: bool = False
    scale: Scale = Scale.AMOUNT


class EvaluationSpec(NamedTuple):
    """How a family's models are judged, on whatever data; `for_classes` says how on some.

    Attributes:
        signature: of the exported model; gives facts about each serialized tf.Example.
        figures: the names of the numbers that the family's `figures` makes of a slice's facts.
        gates: what a model must reach.
        headline: the figures that say in a word how good a model is.
        overall: those of the figures that mean something for the whole test split alone.
        by_class: the names of what `figures` gives as a row for each class.
        of_class: the names of what `figures` gives as a number `FIGURE_of_NAME` for each class;
            they mean something for the whole test split alone.
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
    of_class: tuple[str, ...] = ()
    prediction: str = ""
    standard: tuple[tuple[str, str], ...] = ()

    @property
    def demanded(self) -> tuple[str, ...]:
        """The names of the bounds that have no default: all of them, or a model is not gated."""
        return tuple(dict.fromkeys(gate.name for gate in self.gates))

    @property
    def allowed(self) -> dict[str, float]:
        """By how much a figure may be worse than the last blessed model's, by the gate's name."""
        return {gate.change: gate.allowed for gate in self.gates if gate.change}

    @property
    def gate_names(self) -> tuple[str, ...]:
        """The names of all bounds."""
        return (*self.demanded, *self.allowed)

    def kind_of(self, gate_name: str) -> Kind:
        """What a gate's bound has to be; the name is one of `gate_names`."""
        return next(g.scale.kind for g in self.gates if gate_name in (g.name, g.change))

    def brought(self, gates: Mapping[str, float]) -> bool:
        """Whether all bounds are there that have no default."""
        return set(self.demanded) <= set(gates)

    def for_classes(self, names: Sequence[str]) -> EvaluationSpec:
        """The same, with a figure and a gate for each class instead of one for any.

        Args:
            names: of the classes.
        """
        figures = tuple(of_class(figure, name) for figure in self.of_class for name in names)
        gates = (
            one._replace(of_class=False, figure=figure)
            for one in self.gates
            for figure in (
                [of_class(one.figure, name) for name in names] if one.of_class else [one.figure]
            )
        )
        return self._replace(
            figures=self.figures + figures,
            overall=self.overall + figures,
            of_class=(),
            gates=tuple(gates),
        )


def of_class(figure: str, name: str) -> str:
    """The name of a class's own figure, such as "precision_of_8"."""
    return f"{figure}_of_{name}"


def _nobody_listens(epochs_done: float, logs: Mapping[str, Any]) -> None:
    del epochs_done, logs


@dataclasses.dataclass(frozen=True)
class TrainingRun:
    """How one training goes: the Trainer's, a trial's or a fold's.

    Attributes:
        epochs: of the whole training, those before `start` included.
        seed: for first weights, order and changes of images.
        start: epochs that `go_on_from` has behind it.
        trial: it is one of a search's: nothing is wanted of it but its figures.
        backup: a folder that keeps what a killed training goes on from; None keeps nothing.
        go_on_from: the file of another training's state to begin with; None begins anew.
        keep: the file that the state at the end is written to, for `go_on_from`; None for none.
        log_dir: for TensorBoard and pictures; None writes none.
        tell: is told how many epochs are done, as a float, and the latest figures.
    """

    epochs: int
    seed: int
    start: int = 0
    trial: bool = False
    backup: Path | None = None
    go_on_from: Path | None = None
    keep: Path | None = None
    log_dir: Path | None = None
    tell: Callable[[float, Mapping[str, Any]], None] = _nobody_listens


def _no_pictures(images: np.ndarray) -> dict[str, np.ndarray]:
    del images
    return {}


@dataclasses.dataclass(frozen=True)
class Trained:
    """A model that has been trained.

    Attributes:
        history: a list for each figure, a value an epoch; the objective's is there, measured on
            the held-out images. A model that knows no epochs gives one value.
        size: how many numbers were learnt.
        trackable: what holds the exported variables, a keras.Model or a tf.Module.
        signatures: how the exported model can be called, by name, from the training images,
            uint8 (N, 28, 28), for what an evaluation compares with, and a seed; all that are
            served and the evaluation's are there.
        pictures: grey pictures by name, uint8 (height, width), of held-out images or of samples.
    """

    history: Mapping[str, Sequence[float]]
    size: int
    trackable: Any
    signatures: Callable[[np.ndarray, int], dict[str, Signature]]
    pictures: Callable[[np.ndarray], dict[str, np.ndarray]] = _no_pictures


class Family:
    """A family of models: what it declares, how it trains, and how it is judged.

    The class is what a family is on any data; an instance of it knows which.

    Attributes:
        dataset: what the data of a run say of themselves.
        judge: by whose eyes samples are read, a modules.metrics.judge.Judge; None stands for the
            one that is shipped. Classifiers have no use for it.
        objective: the figure that a search improves.
        served: the signatures that are asked before a push, "serving_default" among them.
        hyperparameters: every one of them.
        evaluation: how its models are judged.
        profiles: the three sizes of run, by name.
        judged: whether a judge reads its samples.
    """

    objective: Objective
    served: tuple[str, ...]
    hyperparameters: tuple[Hyperparameter, ...]
    evaluation: EvaluationSpec
    profiles: Mapping[str, Profile]
    judged: bool = False

    def __init__(self, dataset: Dataset, judge: Any = None) -> None:
        self.dataset = dataset
        self.judge = judge

    def check(self, values: Values) -> None:
        """Checks values that fit each by itself.

        Raises:
            ValueError: they do not fit together, in a sentence.
        """

    def train(self, values: Values, splits: Splits, run: TrainingRun) -> Trained:
        """Trains one model.

        Args:
            values: of all hyperparameters.
            splits: what to learn from, and what to judge each epoch by.
            run: how long, from where, and who is told.

        Raises:
            TrainingStopped: nothing more can come of it.
        """
        raise NotImplementedError

    def figures(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """The evaluation's figures of a slice.

        Args:
            labels: integers, (N,).
            facts: the outputs of the evaluation's signature, a row for each Example; N may be 1.

        Returns:
            A number for each of the evaluation's `figures`, NaN where it has no meaning, one
            `FIGURE_of_NAME` for each of its `of_class` and each class, and a row a class for each
            of its `by_class`.
        """
        raise NotImplementedError

    def notes(self) -> dict[str, Any]:
        """What a reader of the results has to know, as plain JSON values."""
        return {}
