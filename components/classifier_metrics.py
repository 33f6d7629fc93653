"""Precision, recall, F1, areas and curves of a classifier, as one TFMA metric.

TFMA's own binarized metrics cost some 2 ms an example, in Python, for each slice and each model.
This one keeps the predictions of a slice in NumPy arrays and asks scikit-learn once at the end:
exact, where curves of 200 thresholds are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types

BY_CLASS = ("precision", "recall", "f1", "auc", "auc_pr", "curve")
AVERAGES = tuple(
    f"{metric}_{average}"
    for metric in ("precision", "recall", "f1", "auc", "auc_pr")
    for average in ("macro", "micro")
)
# Where `curve` is sampled: the columns of its array.
CURVE_COLUMNS = ("threshold", "false_positive_rate", "true_positive_rate", "precision")
CURVE_THRESHOLDS = np.linspace(0.0, 1.0, 101)

_BATCH = 1024  # examples that wait in lists before they become one array


def classifier_scores(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Scores predictions, one class against the others and on average.

    Args:
        labels: integers, (N,).
        probabilities: floats, (N, classes).

    Returns:
        For each name in BY_CLASS an array with a row a class; for each in AVERAGES a number. What
        is predicted is the most probable class; a metric without a case (recall of a digit that
        does not occur, say) is NaN and left out of the macro average.
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
    scores["curve"] = np.stack([_curve(truth[:, c], probabilities[:, c]) for c in classes])
    return scores


def _curve(truth: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """ROC and precision-recall points at CURVE_THRESHOLDS: (thresholds, CURVE_COLUMNS)."""
    positive, negative = np.sort(probability[truth]), np.sort(probability[~truth])
    # How many are at the threshold or above it.
    hits = len(positive) - np.searchsorted(positive, CURVE_THRESHOLDS)
    alarms = len(negative) - np.searchsorted(negative, CURVE_THRESHOLDS)
    with np.errstate(invalid="ignore"):
        rates = (alarms / len(negative), hits / len(positive), hits / (hits + alarms))
    return np.stack([CURVE_THRESHOLDS, *rates], axis=1)


class ClassifierMetrics(metric_types.Metric):
    """All of the above for TFMA, under the names in BY_CLASS (with a class id) and AVERAGES."""

    def __init__(self, classes: int, name: str = "classifier", source: str = "") -> None:
        """Builds the metric.

        Args:
            classes: how many there are.
            name: unused; TFMA gives every metric one.
            source: a hash of the code, so that its change is noticed.
        """
        super().__init__(_computations, name=name, classes=classes, source=source)


metric_types.register_metric(ClassifierMetrics)


def _computations(
    name: str,
    classes: int,
    source: str,
    model_names: Iterable[str] = ("",),
    output_names: Iterable[str] = ("",),
    **_: Any,
) -> list[metric_types.MetricComputation]:
    return [
        metric_types.MetricComputation(
            keys=[*_keys_by_class(model, output, classes), *_keys_of_averages(model, output)],
            preprocessors=None,
            combiner=_Combiner(model, output, classes),
        )
        for model in model_names
        for output in output_names
    ]


def _keys_by_class(model: str, output: str, classes: int) -> list[metric_types.MetricKey]:
    return [
        metric_types.MetricKey(
            name=metric,
            model_name=model,
            output_name=output,
            sub_key=metric_types.SubKey(class_id=class_id),
            example_weighted=None,
        )
        for metric in BY_CLASS
        for class_id in range(classes)
    ]


def _keys_of_averages(model: str, output: str) -> list[metric_types.MetricKey]:
    # No word on weights: the form in which TFMA looks up a threshold by a metric's bare name.
    return [
        metric_types.MetricKey(
            name=metric, model_name=model, output_name=output, example_weighted=None
        )
        for metric in AVERAGES
    ]


class _Predictions:
    """Labels and probabilities of a slice: whole arrays, and the few that are not yet one."""

    def __init__(self) -> None:
        self.labels: list[np.ndarray] = []
        self.probabilities: list[np.ndarray] = []

    def compact(self) -> None:
        if len(self.labels) > 1:
            self.labels = [np.concatenate(self.labels)]
            self.probabilities = [np.concatenate(self.probabilities)]


class _Combiner(beam.CombineFn):
    def __init__(self, model: str, output: str, classes: int) -> None:
        self._model, self._output, self._classes = model, output, classes

    def create_accumulator(self) -> _Predictions:
        return _Predictions()

    def add_input(
        self, accumulator: _Predictions, element: metric_types.StandardMetricInputs
    ) -> _Predictions:
        labels = element.get_labels(self._model, self._output)
        probabilities = element.get_predictions(self._model, self._output)
        accumulator.labels.append(np.asarray(labels).reshape(-1))
        accumulator.probabilities.append(np.asarray(probabilities).reshape(-1, self._classes))
        if len(accumulator.labels) >= _BATCH:
            accumulator.compact()
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_Predictions]) -> _Predictions:
        merged = _Predictions()
        for accumulator in accumulators:
            merged.labels += accumulator.labels
            merged.probabilities += accumulator.probabilities
        merged.compact()
        return merged

    def compact(self, accumulator: _Predictions) -> _Predictions:
        accumulator.compact()
        return accumulator

    def extract_output(self, accumulator: _Predictions) -> dict[metric_types.MetricKey, Any]:
        if not accumulator.labels:
            return {}
        accumulator.compact()
        scores = classifier_scores(accumulator.labels[0], accumulator.probabilities[0])
        by_class = {
            key: _plain(scores[key.name][key.sub_key.class_id])
            for key in _keys_by_class(self._model, self._output, self._classes)
        }
        averages = {key: scores[key.name] for key in _keys_of_averages(self._model, self._output)}
        return by_class | averages


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)
