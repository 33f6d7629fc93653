"""What the pipeline asks of a model family. Imports no framework.

`docs/families.md` says how to add one, `modules/contract/check.py` whether one keeps to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modules.contract.evaluation import EvaluationSpec
from modules.contract.hyperparameters import Hyperparameter, Values
from modules.contract.profile import Profile
from modules.contract.view import Ask, View
from modules.data.dataset import Dataset
from modules.data.splits import Splits

if TYPE_CHECKING:
    import numpy as np


class TrainingStopped(ValueError):
    """Training was broken off since nothing more can come of it: the model's doing, no fault of the
    program. The run ends as refused.

    Attributes:
        history: a list for each figure, a value an epoch, as far as training came.
        epoch_seconds: that each epoch took, as far as that was measured.
    """

    def __init__(self, why: str) -> None:
        """Takes why, in a sentence."""
        super().__init__(why)
        self.history: Mapping[str, Sequence[float]] = {}
        self.epoch_seconds: Sequence[float] = ()


class Objective(NamedTuple):
    """The figure that a search improves.

    Attributes:
        name: of a figure in the history of a training, such as "val_accuracy".
        direction: "max" or "min".
    """

    name: str
    direction: str


EPOCHS, IMAGES = "epochs", "images"


class Signature(NamedTuple):
    """One way to call an exported model.

    Attributes:
        function: from tensors to a dict of named tensors; the parameter's name is the input's.
        inputs: a tf.TensorSpec for each parameter.
    """

    function: Callable[..., Mapping[str, Any]]
    inputs: list[Any]


@dataclasses.dataclass(frozen=True)
class Output:
    """An output of a signature.

    Attributes:
        signature: that gives it.
        name: of the output.
        of: what the signature is asked about, an output of another one; None for the examples
            themselves, in the form that the signature takes.
    """

    signature: str
    name: str
    of: Output | None = None

    def __str__(self) -> str:
        return f"{self.signature}'s {self.name}" + (f" of {self.of}" if self.of else "")


def _nobody_listens(epochs_done: float, logs: Mapping[str, Any]) -> None:
    del epochs_done, logs


@dataclasses.dataclass(frozen=True)
class TrainingRun:
    """How one training goes: the Trainer's, a trial's or a fold's.

    Attributes:
        epochs: of the whole training, those before `start` included. Schedules end with them, of a
            training that goes on as well: it takes its place on the schedule of the longer one.
        seed: for first weights, order and changes of images.
        start: epochs that `go_on_from` has behind it.
        trial: it is one of a search's: nothing is wanted of it but its figures.
        shares: its model may be one that another training of this Family left, and serve the next
            one, too: whoever asks for that is done with it by then. Of a trial that holds anyway.
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
    shares: bool = False
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
            uint8 (N, S, S), for what an evaluation compares with, and a seed; all that are
            served and the evaluation's are there.
        pictures: of held-out images or of samples, by name: uint8 (height, width), or
            (height, width, 3) in colours.
        epoch_seconds: that each epoch took; empty where that was not measured.
        keras: the model as `keras.models.load_model` shall give it back, a keras.Model that answers
            images, uint8 (B, S, S); None for one that is none of Keras's.
    """

    history: Mapping[str, Sequence[float]]
    size: int
    trackable: Any
    signatures: Callable[[np.ndarray, int], dict[str, Signature]]
    pictures: Callable[[np.ndarray], dict[str, np.ndarray]] = _no_pictures
    epoch_seconds: Sequence[float] = ()
    keras: Any = None


class Family:
    """A family of models: what it declares, how it trains, and how it is judged.

    The class is what a family is on any data; an instance of it knows which.

    Attributes:
        dataset: what the data of a run say of themselves.
        judge: by whose eyes samples are read, a modules.metrics.judge.Judge; None stands for the
            one that is shipped. Classifiers have no use for it.
        objective: the figure that a search improves.
        served: the signatures that are asked before a push, "serving_default" among them.
        same: groups of outputs that answer the same question: to the same images they have to give
            the same, which is asked before a push, too.
        hyperparameters: every one of them.
        evaluation: how its models are judged.
        profiles: the three sizes of run, by name.
        judged: whether a judge reads its samples.
        resource: what a search gives more of to trials that do well: EPOCHS, where a model goes on
            from where it was, or IMAGES to learn from, where it begins anew each time.
        uses_gpu: whether it learns faster on a GPU; else none is asked for in a cluster.
    """

    objective: Objective
    served: tuple[str, ...]
    hyperparameters: tuple[Hyperparameter, ...]
    evaluation: EvaluationSpec
    profiles: Mapping[str, Profile]
    same: tuple[tuple[Output, ...], ...] = ()
    judged: bool = False
    resource: str = EPOCHS
    uses_gpu: bool = True

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

    def companion(self) -> Family | None:
        """Another one, for trainings whose models are shared (see TrainingRun) in a second thread
        while this one trains; None where one training after the other is as fast, or all there can
        be. Each training has to come to the same as it would without the other."""
        return None

    def graph(self, values: Values) -> Values:
        """Those of the values that trainings have to have in common to share a model."""
        return values

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

    def gated_figures(
        self, labels: np.ndarray, facts: Mapping[str, np.ndarray]
    ) -> Mapping[str, Any]:
        """The figures of a slice that gates stand on and that are no part of its Examples, also
        those that TFMA's own metrics measure. They are asked many times over: whoever can make
        them faster than all of `figures` does so."""
        return self.figures(labels, facts)

    def each(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """One number an Example, whose mean over a slice is the figure of that name.

        Every figure that is compared with the last blessed model's is there, so that two models
        can be compared Example by Example.

        Args:
            labels: integers, (N,).
            facts: the outputs of the evaluation's signature, a row for each Example; a number
                an Example is (N,) or, of TFMA, (N, 1).

        Returns:
            Floats, (N,), by figure; 0 and 1 of what is right or wrong.
        """
        del labels, facts
        return {}

    def views(self, ask: Ask, splits: Splits) -> Sequence[View]:
        """Pictures of what an exported model does, for the report.

        Args:
            ask: the model: `ask(signature, **inputs)`; also those signatures that are not served.
            splits: `train`, and the test images as `held_out`.
        """
        del ask, splits
        return ()

    def trivial(self, splits: Splits) -> Mapping[str, float]:
        """What a model reaches that has learnt next to nothing, by the name of a figure.

        Args:
            splits: `train`, and the test images as `held_out`.
        """
        del splits
        return {}

    def notes(self) -> dict[str, Any]:
        """What a reader of the results has to know, as plain JSON values."""
        return {}
