"""What a run found as pandas DataFrames, whose axes say what they are of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.results.facts import Evaluation, Training, Tuning
from components.results.folds import Folds
from components.results.judged import Threshold
from components.results.listing import list_runs
from components.results.predictions import Predictions
from components.results.summary import Summary
from modules.contract.evaluation import of_class

if TYPE_CHECKING:
    import pandas as pd

_THRESHOLD = ("kind", "value", "low", "high", "bound", "margin", "examples", "baseline", "passed")
_RUN = ("family", "outcome", "figure", "value", "low", "high", "seconds", "folder")
_NUMBERS = {"value", "low", "high", "margin", "baseline"}  # also where all are None


def slices(evaluation: Evaluation) -> pd.DataFrame:
    """Each figure (columns "figure") of each slice (index "slice"), the whole first."""
    return _frame(evaluation.whole_and_slices, "slice", "figure")


def confusion(evaluation: Evaluation) -> pd.DataFrame:
    """How many images of each class (index "actual") were taken for which (columns "predicted")."""
    import pandas as pd

    names = list(evaluation.classes)
    return pd.DataFrame(
        evaluation.confusion,
        index=pd.Index(names, name="actual"),
        columns=pd.Index(names, name="predicted"),
    )


def trials(tuning: Tuning) -> pd.DataFrame:
    """The tries of a search (index "trial"), the best first: score, epochs, hyperparameters."""
    rows = {
        one.trial: {"score": one.score, "epochs": one.epochs, **one.values} for one in tuning.trials
    }
    return _frame(rows, "trial", "field")


def folds(found: Folds) -> pd.DataFrame:
    """The folds of a cross-validation (index "fold", from 1): figures of the images that were held
    out, how many images, seconds, and whether it is unlike the others."""
    rows = {
        place: {
            **one.figures,
            "train_images": one.train_images,
            "held_out_images": one.held_out_images,
            "seconds": one.seconds,
            "outlier": place in found.outliers,
        }
        for place, one in enumerate(found.folds, 1)
    }
    return _frame(rows, "fold", "field")


def history(training: Training) -> pd.DataFrame:
    """Each figure (columns "figure") after each epoch (index "epoch", from 1)."""
    import pandas as pd

    columns: dict[str, Sequence[float | None]] = dict(training.history)
    if training.epoch_seconds:
        columns["seconds"] = training.epoch_seconds
    series = {name: pd.Series(list(values), dtype=float) for name, values in columns.items()}
    found = pd.DataFrame(series).rename_axis(columns="figure")
    return found.set_axis(pd.RangeIndex(1, len(found) + 1, name="epoch"), axis=0)


def runs(output: Path) -> pd.DataFrame:
    """The runs of an output folder (index "run"), the newest first; then, each in a column of its
    dotted name, the settings in which they differ.

    Raises:
        BadFacts: there is none.
    """
    listed = list_runs(output)
    rows = {one.run: {n: getattr(one, n) for n in _RUN} | dict(one.differs) for one in listed}
    return _frame(rows, "run", "field").astype(dict.fromkeys(_NUMBERS & set(_RUN), float))


def predictions(said: Predictions, classes: Sequence[str]) -> pd.DataFrame:
    """What the model said of each test image (index "image", its place among them).

    Of a classifier: label, answer, the answer's probability, and that of each class. Of another
    model: label, and each figure that is a mean over images. Both with the strokes' class, where
    it is known.
    """
    import numpy as np
    import pandas as pd

    def named(codes: Any) -> pd.Categorical:
        return pd.Categorical.from_codes(codes, list(classes))

    columns: dict[str, Any] = {"label": named(said.labels)}
    if said.probabilities is not None:
        sure = said.probabilities.max(axis=1)
        answers = said.probabilities.argmax(axis=1)
        # Where it is NaN, nothing was answered.
        columns["answer"] = named(np.where(np.isfinite(sure), answers, -1))
        columns["probability"] = sure
        for place, name in enumerate(classes):
            columns[of_class("probability", name)] = said.probabilities[:, place]
    else:
        columns |= said.each
    if said.strokes is not None:
        columns["stroke"] = said.strokes
    index = pd.Index(said.index, name="image")
    return pd.DataFrame(columns, index=index).rename_axis(columns="field")


def thresholds(found: Iterable[Threshold]) -> pd.DataFrame:
    """Each bound (index "gate", "figure", "slice"), and what was measured."""
    import pandas as pd

    names = ["gate", "figure", "slice"]
    rows = {
        (one.name, one.metric, one.slice): {name: getattr(one, name) for name in _THRESHOLD}
        for one in found
    }
    index = pd.MultiIndex.from_tuples(list(rows), names=names)
    columns = pd.Index(_THRESHOLD, name="field")
    frame = pd.DataFrame(list(rows.values()), index=index, columns=columns)
    return frame.astype(dict.fromkeys(_NUMBERS & set(_THRESHOLD), float))


def gates(summary: Summary) -> pd.DataFrame:
    """What each gate said (index "gate"): whether it let the model pass, and why not."""
    rows = {
        one.gate: {"passed": one.passed, "said": "; ".join(map(str, one.failures))}
        for one in summary.gates
    }
    return _frame(rows, "gate", "field")


def nodes(summary: Summary) -> pd.DataFrame:
    """What became of each node (index "node")."""
    fields = ("state", "seconds", "took", "headline")
    rows = {one.node: {name: getattr(one, name) for name in fields} for one in summary.nodes}
    return _frame(rows, "node", "field")


def hyperparameters(training: Training) -> pd.DataFrame:
    """Each value that the model was trained with (index "hyperparameter")."""
    rows = {name: {"value": value} for name, value in training.hyperparameters.items()}
    return _frame(rows, "hyperparameter", "field")


def _frame(rows: Mapping[Any, Mapping[str, Any]], index: str, columns: str) -> pd.DataFrame:
    """A row for each name, in their order; what a row does not have is NaN."""
    import pandas as pd

    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    found = pd.DataFrame(
        [[row.get(name) for name in names] for row in rows.values()],
        index=pd.Index(list(rows), name=index, dtype=object),
        columns=pd.Index(names, name=columns, dtype=object),
    )
    return found.infer_objects()
