"""What the nodes of a run found, as typed values read from the folders of their artifacts.

Reading needs neither TensorFlow nor TFX: what takes those to find out is written down as JSON by
the node that found it.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.gates import OVERALL
from components.results.judged import Paired, Threshold
from components.results.stored import read_facts
from modules.contract.artifact import KERAS
from modules.training.worth import Worth

# A node's outputs: ml_metadata's artifacts, by the output's name.
Outputs = Mapping[str, Sequence[Any]]

DIFFERENCE = "_diff"  # the end of what TFMA calls a figure's difference from the baseline's
EVALUATION_FILE = "facts.json"  # beside what TFMA writes
BASELINE = "baseline"  # the note that says what was not compared with the last blessed model
SEARCH_FILE = "search.json"  # beside what TFX writes of the Tuner's results
PUSHED_TO = "pushed_destination"  # a property of what the Pusher gives
PUSHED_BY = ".pushed_by"  # a file in a version: the artifact that knows of it


@dataclasses.dataclass(frozen=True)
class Trial:
    """One try of a search.

    Attributes:
        trial: its name; names are numbers in the order in which the trials were begun.
        score: of the objective; None when there is none.
        values: the hyperparameters, by their names.
        epochs: how long it was trained, those included that it went on from; None where nobody
            knows.
        start: epochs of them that another trial had behind it, which it went on from.
        images: that it learnt from; None where nobody knows.
        failed: why it has no score; empty if it has one.
    """

    trial: str
    score: float | None
    values: Mapping[str, Any]
    epochs: int | None = None
    start: int = 0
    images: int | None = None
    failed: str = ""


@dataclasses.dataclass(frozen=True)
class Tuning:
    """What a search found.

    Attributes:
        objective: the figure that it improved, such as `val_accuracy`.
        best: the winning hyperparameters, by their names.
        trials: the best first, those without a score last.
        ended: why there are no more: the `budget` is spent, the `time` is over, the whole `space`
            was tried, or the search is `done`; empty where nobody knows.
        budget: training images x epochs that it was given; None where nobody knows.
        spent: of them.
        combinations: how many configurations there are; None where nobody knows.
        began: values that it began with, instead of the defaults.
        worth: its winner beside what it began with, over some seeds; None where that was not asked.
    """

    objective: str
    best: Mapping[str, Any]
    trials: tuple[Trial, ...]
    ended: str = ""
    budget: int | None = None
    spent: int = 0
    combinations: int | None = None
    began: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    worth: Worth | None = None


@dataclasses.dataclass(frozen=True)
class Training:
    """How a model was trained.

    Attributes:
        history: a number an epoch for each figure, those of held-out images with `val_` in front;
            None where it is not a number.
        hyperparameters: as they were used, by their names.
        epochs: that were asked for; a training that was stopped has fewer in its history.
        seed: of its first weights, and of the order and the changes of images.
        parameters: how many numbers were learnt; 0 where there is no model.
        train_images: how many it learnt from.
        eval_images: how many were held out, to judge each epoch by.
        seconds: from its start until the model was exported; of a training that went on in its
            middle, only those since.
        folder: of TensorBoard's logs and the pictures.
        keras: the file that `keras.models.load_model` opens, below the output folder; empty for a
            model that is none of Keras's.
        epoch_seconds: that each epoch took, from its first step until held-out images had judged
            it, pictures and backups left out; of a training that went on in its middle, those of
            the epochs before as well. Empty for a model that knows no epochs.
    """

    history: Mapping[str, Sequence[float | None]]
    hyperparameters: Mapping[str, Any]
    epochs: int = 0
    seed: int = 0
    parameters: int = 0
    train_images: int = 0
    eval_images: int = 0
    seconds: float = 0.0
    folder: str = ""
    keras: str = ""
    epoch_seconds: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What was measured of a model on the test split. What is not a number is None.

    Attributes:
        overall: the figures of the whole split by their names, each a number (`latent_kl` a number
            a latent), and `example_count`. `FIGURE_diff` is by how much one differs from the last
            blessed model's.
        slices: the same for each slice, such as `label=8` or `stroke=thin`, of those figures that
            mean something there.
        by_class: by the names of figures, a number a class: of that class against all others.
        curves: a list of points a class, from threshold 0 to 1. A point is the threshold, the
            false positive rate, the true positive rate (recall) and the precision, each from 0 to
            1. Empty for what does not classify.
        confusion: how many Examples: a row a true class, a column a predicted one. Empty as above.
        classes: the names of the classes, in the order of by_class, curves and confusion, of its
            rows and its columns.
        notes: what a reader has to know, as it was when the model was judged.
        headline: the figures that say in a word how good the model is.
        gated: the figures that have a bound.
        thresholds: every bound, with what was measured; none of a run without gates.
        paired: figures beside those of the last blessed model, of the whole and of each slice;
            none where there is no such model or it did not judge the same Examples.
        baseline: the last blessed model that it was compared with, by its folder among the
            artifacts; empty without one.
    """

    overall: Mapping[str, Any]
    slices: Mapping[str, Mapping[str, Any]]
    by_class: Mapping[str, Sequence[float | None]]
    curves: Sequence[Sequence[Sequence[float | None]]]
    confusion: Sequence[Sequence[int]]
    classes: Sequence[str]
    notes: Mapping[str, Any]
    headline: Sequence[str]
    gated: Sequence[str]
    thresholds: tuple[Threshold, ...] = ()
    paired: tuple[Paired, ...] = ()
    baseline: str = ""

    @property
    def whole_and_slices(self) -> dict[str, Mapping[str, Any]]:
        """Every slice by its name, the whole first."""
        return {OVERALL: self.overall, **self.slices}

    @property
    def figures(self) -> dict[str, Any]:
        """Those of the whole, without TFMA's differences from the last blessed model's."""
        return {
            name: value
            for name, value in self.overall.items()
            if name != "example_count" and not name.endswith(DIFFERENCE)
        }

    @property
    def examples(self) -> dict[str, int]:
        """How many Examples each slice has."""
        return {
            name: int(figures["example_count"]) for name, figures in self.whole_and_slices.items()
        }


@dataclasses.dataclass(frozen=True)
class Pushed:
    """Where the model was pushed to; an empty path when it was not."""

    path: str = ""

    @property
    def version(self) -> str:
        return Path(self.path).name


def read_tuning(outputs: Outputs) -> Tuning:
    """Reads the outputs of the Tuner.

    Raises:
        BadFacts: see `read_facts`.
    """
    return read_facts(Tuning, Path(outputs["tuner_results"][0].uri, SEARCH_FILE))


def read_training(outputs: Outputs, output: str | Path = "/") -> Training:
    """Reads the outputs of the Trainer.

    Args:
        outputs: of the Trainer.
        output: the output folder.

    Raises:
        BadFacts: see `read_facts`.
    """
    folder = Path(outputs["model_run"][0].uri)
    found = read_facts(Training, folder / "history.json")
    model = Path(outputs["model"][0].uri, KERAS)
    keras = os.path.relpath(model, output) if model.is_file() else ""
    return dataclasses.replace(found, folder=str(folder), keras=keras)


def read_evaluation(outputs: Outputs) -> Evaluation:
    """Reads the outputs of the Evaluator.

    Raises:
        BadFacts: see `read_facts`.
    """
    return read_facts(Evaluation, Path(outputs["evaluation"][0].uri, EVALUATION_FILE))


def read_pushed(outputs: Outputs) -> Pushed:
    """Reads the outputs of the Pusher."""
    return Pushed(pushed_path(outputs["pushed_model"][0]))


def pushed_path(artifact: Any) -> str:
    """Where an artifact's model was pushed to; "" when it was not, or is no such artifact."""
    properties = artifact.custom_properties
    if "pushed" not in properties or not properties["pushed"].int_value:
        return ""
    return str(properties[PUSHED_TO].string_value)
