"""A classifier's scores against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from modules.metrics.classifier_scores import CURVE_COLUMNS, CURVE_THRESHOLDS, classifier_scores

CLASSES = 10


@pytest.fixture(scope="module")
def predictions() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    labels = random.integers(0, CLASSES, 3000)
    logits = random.normal(size=(3000, CLASSES)) + 2.0 * np.eye(CLASSES)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, probabilities.astype(np.float32)


def test_scores_are_scikit_learns(predictions: tuple[np.ndarray, np.ndarray]) -> None:
    labels, probabilities = predictions
    scores = classifier_scores(labels, probabilities)
    chosen = probabilities.argmax(axis=1)
    for average in ("macro", "micro"):
        assert scores[f"precision_{average}"] == pytest.approx(
            metrics.precision_score(labels, chosen, average=average)
        )
        assert scores[f"recall_{average}"] == pytest.approx(
            metrics.recall_score(labels, chosen, average=average)
        )
        assert scores[f"f1_{average}"] == pytest.approx(
            metrics.f1_score(labels, chosen, average=average)
        )
    normed = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=np.float64)
    assert scores["auc_macro"] == pytest.approx(
        metrics.roc_auc_score(labels, normed, multi_class="ovr", average="macro"), abs=1e-6
    )
    assert scores["recall"] == pytest.approx(metrics.recall_score(labels, chosen, average=None))


def test_curves_pass_through_scikit_learns_points(
    predictions: tuple[np.ndarray, np.ndarray],
) -> None:
    labels, probabilities = predictions
    curve = classifier_scores(labels, probabilities)["curve"][4]
    assert curve.shape == (len(CURVE_THRESHOLDS), len(CURVE_COLUMNS))
    for threshold, fpr, tpr, precision in curve[10:90:20]:
        chosen = probabilities[:, 4] >= threshold
        assert tpr == pytest.approx(metrics.recall_score(labels == 4, chosen))
        assert precision == pytest.approx(metrics.precision_score(labels == 4, chosen))
        assert fpr == pytest.approx(chosen[labels != 4].mean())


def test_what_cannot_be_measured_is_nan_and_left_out_of_the_mean() -> None:
    probabilities = np.eye(CLASSES, dtype=np.float32)[[3, 3, 5]] * 0.8 + 0.02
    scores = classifier_scores(np.array([3, 3, 3]), probabilities)
    assert np.isnan(scores["recall"][5]) and np.isnan(scores["auc"]).all()
    assert scores["recall"][3] == pytest.approx(2 / 3)
    assert scores["recall_macro"] == pytest.approx(2 / 3)
