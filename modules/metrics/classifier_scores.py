"""Precision, recall, F1, areas and curves of a classifier, by class and on average."""

from __future__ import annotations

from typing import Any

import numpy as np

BY_CLASS = ("precision", "recall", "f1", "auc", "auc_pr", "curve")
AVERAGES = tuple(
    f"{metric}_{average}"
    for metric in ("precision", "recall", "f1", "auc", "auc_pr")
    for average in ("macro", "micro")
)
ERRORS = ("brier", "mae")
# Where `curve` is sampled: the columns of its array.
CURVE_COLUMNS = ("threshold", "false_positive_rate", "true_positive_rate", "precision")
CURVE_THRESHOLDS = np.linspace(0.0, 1.0, 101)


def classifier_scores(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Scores predictions, one class against the others and on average.

    Args:
        labels: integers, (N,).
        probabilities: floats, (N, classes).

    Returns:
        For each name in BY_CLASS an array with a row a class; for each in AVERAGES and in ERRORS a
        number. What is predicted is the most probable class, of equals the first; a metric without
        a case (recall of a class that does not occur, say) is NaN and left out of the macro
        average.
    """
    from sklearn import metrics

    classes = np.arange(probabilities.shape[1])
    truth = labels[:, None] == classes  # (N, classes)
    predicted = probabilities.argmax(axis=1)[:, None] == classes
    scores: dict[str, Any] = dict(
        zip(
            ("precision", "recall", "f1"),
            metrics.precision_recall_fscore_support(
                truth, predicted, average=None, zero_division=np.nan
            )[:3],
            strict=True,
        )
    )
    both = truth.any(axis=0) & ~truth.all(axis=0)  # an area needs positives and negatives
    for name, area in (
        ("auc", metrics.roc_auc_score),
        ("auc_pr", metrics.average_precision_score),
    ):
        scores[name] = np.array(
            [area(truth[:, c], probabilities[:, c]) if both[c] else np.nan for c in classes]
        )
        scores[f"{name}_micro"] = float(area(truth.ravel(), probabilities.ravel()))
    micro = metrics.precision_recall_fscore_support(truth, predicted, average="micro")
    for name, value in zip(("precision", "recall", "f1"), micro[:3], strict=True):
        scores[f"{name}_micro"] = float(value)
    for name in ("precision", "recall", "f1", "auc", "auc_pr"):
        defined = scores[name][~np.isnan(scores[name])]
        scores[f"{name}_macro"] = float(defined.mean()) if defined.size else float("nan")
    scores |= probability_errors(labels, probabilities)
    scores["curve"] = np.stack([_curve(truth[:, c], probabilities[:, c]) for c in classes])
    return scores


def areas(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Those of the scores that say how sure a classifier is, and nothing else.

    Args:
        labels: integers, (N,).
        probabilities: floats, (N, classes).

    Returns:
        `auc`, (classes,), as in `classifier_scores`, its average `auc_macro`, and `cross_entropy`.
    """
    from sklearn import metrics

    truth = labels[:, None] == np.arange(probabilities.shape[1])
    both = truth.any(axis=0) & ~truth.all(axis=0)
    found = np.full(len(both), np.nan)
    for c in np.flatnonzero(both):
        found[c] = metrics.roc_auc_score(truth[:, c], probabilities[:, c])
    return {
        "auc": found,
        "auc_macro": float(found[both].mean()) if both.any() else float("nan"),
        "cross_entropy": float(cross_entropies(labels, probabilities).mean()),
    }


def probability_errors(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """How far the probabilities are from the truth, which is 1 for the class of an image, else 0.

    Args:
        labels: integers, (N,).
        probabilities: floats, (N, classes).

    Returns:
        `brier`: 1/N sum_n sum_k (p_nk - y_nk)^2, from 0 to 2 (Brier 1950, "Verification of
        Forecasts Expressed in Terms of Probability"); it is K times scikit-learn's
        mean_squared_error. `mae`: 1/(N K) sum_n sum_k |p_nk - y_nk|, from 0 to 1.
    """
    errors = probabilities.astype(float) - (labels[:, None] == np.arange(probabilities.shape[1]))
    return {
        "brier": float(np.square(errors).sum(axis=1).mean()),
        "mae": float(np.abs(errors).mean()),
    }


def cross_entropies(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The cross entropy of each prediction, in nats, as Keras measures it.

    Args:
        labels: integers, (N,).
        probabilities: floats, (N, classes).

    Returns:
        Floats, (N,).
    """
    with np.errstate(invalid="ignore"):  # a row of nothing is not a number, and fails its gate
        said = probabilities[np.arange(len(labels)), labels] / probabilities.sum(axis=1)
    found: np.ndarray = -np.log(np.maximum(said, 1e-7))  # as Keras clips it
    return found


def _curve(truth: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """ROC and precision-recall points at CURVE_THRESHOLDS: (thresholds, CURVE_COLUMNS)."""
    positive, negative = np.sort(probability[truth]), np.sort(probability[~truth])
    # How many are at the threshold or above it.
    hits = len(positive) - np.searchsorted(positive, CURVE_THRESHOLDS)
    alarms = len(negative) - np.searchsorted(negative, CURVE_THRESHOLDS)
    with np.errstate(invalid="ignore"):
        rates = (alarms / len(negative), hits / len(positive), hits / (hits + alarms))
    return np.stack([CURVE_THRESHOLDS, *rates], axis=1)
