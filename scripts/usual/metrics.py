"""scikit-learn's figures of a classifier's answers, as a tutorial asks for them, beside ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn import metrics as theirs

from pipeline.api import NotThere, results
from scripts.usual.table import Row


class Answers(NamedTuple):
    """What was asked, and what was said.

    Attributes:
        truth: the classes, integers (N,).
        said: the probability of each class, (N, K).
    """

    truth: np.ndarray
    said: np.ndarray

    @property
    def answers(self) -> np.ndarray:
        """The most probable classes, (N,)."""
        answered: np.ndarray = self.said.argmax(axis=1)
        return answered

    @property
    def one_hot(self) -> np.ndarray:
        """1 for the true class, 0 for the others, (N, K)."""
        return np.eye(self.said.shape[1])[self.truth]


# Each figure of docs/results.md that is one number, by its name in `evaluation.overall`.
FIGURES: Mapping[str, Callable[[Answers], float]] = {
    "accuracy": lambda a: theirs.accuracy_score(a.truth, a.answers),
    "precision_macro": lambda a: theirs.precision_score(a.truth, a.answers, average="macro"),
    "precision_micro": lambda a: theirs.precision_score(a.truth, a.answers, average="micro"),
    "recall_macro": lambda a: theirs.recall_score(a.truth, a.answers, average="macro"),
    "recall_micro": lambda a: theirs.recall_score(a.truth, a.answers, average="micro"),
    "f1_macro": lambda a: theirs.f1_score(a.truth, a.answers, average="macro"),
    "f1_micro": lambda a: theirs.f1_score(a.truth, a.answers, average="micro"),
    "auc_macro": lambda a: theirs.roc_auc_score(a.one_hot, a.said, average="macro"),
    "auc_micro": lambda a: theirs.roc_auc_score(a.one_hot, a.said, average="micro"),
    "brier": lambda a: a.said.shape[1] * theirs.mean_squared_error(a.one_hot, a.said),
    "mae": lambda a: theirs.mean_absolute_error(a.one_hot, a.said),
}

# What tutorials ask for, and what means little.
SLIPS: Mapping[str, Callable[[Answers], float]] = {
    "AUC of answers, not of probabilities": lambda a: theirs.roc_auc_score(
        a.one_hot, np.eye(a.said.shape[1])[a.answers]
    ),
    "MSE of the classes' numbers": lambda a: theirs.mean_squared_error(a.truth, a.answers),
    "MAE of the classes' numbers": lambda a: theirs.mean_absolute_error(a.truth, a.answers),
}


def metrics(output: Path, model: str) -> list[Row]:
    """The figures of a family's newest run.

    Raises:
        ValueError: there is no such run, or no classifier was judged in it.
    """
    try:
        found = results(output, model=model)
        table, judged = found.predictions, found.summary.evaluation
    except NotThere as error:
        raise ValueError(str(error)) from None
    columns = [f"probability_of_{name}" for name in found.classes]
    if judged is None or not set(columns) <= set(table):
        raise ValueError(f"a {model} gives no probabilities of classes")
    answers = Answers(table["label"].cat.codes.to_numpy(), table[columns].to_numpy(float))
    rows = [_row(name, asked(answers), judged.overall.get(name)) for name, asked in FIGURES.items()]
    places = range(len(found.classes))
    matrix = theirs.confusion_matrix(answers.truth, answers.answers, labels=places)
    apart = max(_apart(judged.curves[place], answers, place) for place in places)
    return [
        *rows,
        Row("confusion: cells that differ", {"ours": float((matrix != judged.confusion).sum())}),
        Row("curves: greatest distance", {"ours": apart}),
        *(Row(name, {"scikit-learn": f"{asked(answers):.6f}"}) for name, asked in SLIPS.items()),
    ]


def _apart(curve: Any, answers: Answers, place: int) -> float:
    """How far the points of a class's curve are from scikit-learn's at the same thresholds."""
    alarms, hits, thresholds = theirs.roc_curve(
        answers.truth == place, answers.said[:, place], drop_intermediate=False
    )
    distances = []
    for threshold, fpr, tpr, _ in curve:
        last = np.flatnonzero(thresholds >= threshold)[-1]  # those fall
        distances += [abs(fpr - alarms[last]), abs(tpr - hits[last])]
    return float(max(distances))


def _row(name: str, usual: float, ours: float | None) -> Row:
    told = "-" if ours is None else f"{ours:.6f}"
    return Row(name, {"scikit-learn": f"{usual:.6f}", "ours": told})
