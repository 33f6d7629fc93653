"""A classifier's scores against scikit-learn."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics

from modules.metrics.classifier_scores import (
    AVERAGES,
    BY_CLASS,
    CURVE_COLUMNS,
    CURVE_THRESHOLDS,
    ERRORS,
    classifier_scores,
)

CLASSES = 10

Predictions = tuple[np.ndarray, np.ndarray]


def normed(weights: np.ndarray) -> np.ndarray:
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def predictions() -> Predictions:
    random = np.random.default_rng(3)
    labels = random.integers(0, CLASSES, 3000)
    return labels, normed(
        np.exp(random.normal(size=(3000, CLASSES)) + 2.0 * np.eye(CLASSES)[labels])
    )


def ties(labels: np.ndarray, probabilities: np.ndarray) -> Predictions:
    """As a forest of four trees answers: many are equal."""
    draws = [
        np.random.default_rng(5).multinomial(4, row / row.sum())
        for row in probabilities[:900].astype(float)
    ]
    return labels[:900], (np.array(draws) / 4).astype(np.float32)


def never_an_eight(labels: np.ndarray, probabilities: np.ndarray) -> Predictions:
    return labels, normed(probabilities * (np.arange(CLASSES) != 8))


def no_seven(labels: np.ndarray, probabilities: np.ndarray) -> Predictions:
    return labels[labels != 7], probabilities[labels != 7]


def fives_alone(labels: np.ndarray, probabilities: np.ndarray) -> Predictions:
    return labels[labels == 5], probabilities[labels == 5]


def as_they_are(labels: np.ndarray, probabilities: np.ndarray) -> Predictions:
    return labels, probabilities


every_case = pytest.mark.parametrize(
    "case", [as_they_are, ties, never_an_eight, no_seven, fives_alone]
)


@every_case
def test_each_figure_is_scikit_learns(
    predictions: Predictions, case: Callable[..., Predictions]
) -> None:
    labels, probabilities = case(*predictions)
    scores = classifier_scores(labels, probabilities)
    truth, answered = np.eye(CLASSES)[labels], probabilities.argmax(axis=1)
    wanted = {}
    for figure, function in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("f1", metrics.f1_score),
    ):
        wanted[figure] = function(
            labels, answered, average=None, labels=range(CLASSES), zero_division=np.nan
        )
        wanted[f"{figure}_micro"] = function(labels, answered, average="micro")
    there = [0 < column.sum() < len(labels) for column in truth.T]
    for figure, area in (
        ("auc", metrics.roc_auc_score),
        ("auc_pr", metrics.average_precision_score),
    ):
        pairs = zip(truth.T, probabilities.T, there, strict=True)
        wanted[figure] = np.array([area(*pair) if known else np.nan for *pair, known in pairs])
        wanted[f"{figure}_micro"] = area(truth.ravel(), probabilities.ravel())
    for figure in ("precision", "recall", "f1", "auc", "auc_pr"):
        known = wanted[figure][~np.isnan(wanted[figure])]
        wanted[f"{figure}_macro"] = known.mean() if known.size else np.nan
    wanted["brier"] = CLASSES * metrics.mean_squared_error(truth, probabilities)
    wanted["mae"] = metrics.mean_absolute_error(truth, probabilities)
    assert set(wanted) == {*AVERAGES, *BY_CLASS, *ERRORS} - {"curve"} == set(scores) - {"curve"}
    for name, value in wanted.items():
        np.testing.assert_allclose(scores[name], value, rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("case", [as_they_are, ties])
def test_averages_are_scikit_learns_own_where_each_class_is_there(
    predictions: Predictions, case: Callable[..., Predictions]
) -> None:
    labels, probabilities = case(*predictions)
    scores, answered = classifier_scores(labels, probabilities), probabilities.argmax(axis=1)
    in_double = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=float)
    assert scores["auc_macro"] == pytest.approx(
        metrics.roc_auc_score(labels, in_double, multi_class="ovr", average="macro"), abs=1e-6
    )
    assert scores["f1_macro"] == pytest.approx(metrics.f1_score(labels, answered, average="macro"))
    assert scores["recall_micro"] == pytest.approx(metrics.accuracy_score(labels, answered))


@pytest.mark.parametrize("case", [as_they_are, never_an_eight, no_seven])
def test_the_brier_score_is_that_of_each_class_against_the_others_added_up(
    predictions: Predictions, case: Callable[..., Predictions]
) -> None:
    labels, probabilities = case(*predictions)
    each = [metrics.brier_score_loss(labels == c, probabilities[:, c]) for c in range(CLASSES)]
    assert classifier_scores(labels, probabilities)["brier"] == pytest.approx(sum(each), rel=1e-6)


def test_the_worst_and_the_best_probabilities_are_the_ends_of_the_scales() -> None:
    labels = np.array([0, 1, 2, 1])
    best, worst = (classifier_scores(labels, np.eye(3)[said]) for said in (labels, labels - 1))
    assert [best[name] for name in ERRORS] == [0.0, 0.0]
    assert [worst[name] for name in ERRORS] == [2.0, pytest.approx(2 / 3)]


@every_case
def test_curves_pass_through_scikit_learns_points(
    predictions: Predictions, case: Callable[..., Predictions]
) -> None:
    labels, probabilities = case(*predictions)
    curves = classifier_scores(labels, probabilities)["curve"]
    assert curves.shape == (CLASSES, len(CURVE_THRESHOLDS), len(CURVE_COLUMNS))
    for digit in (4, 5, 7, 8):
        truth, said = labels == digit, probabilities[:, digit].astype(float)
        if not 0 < truth.sum() < len(truth):
            unknown = "false_positive_rate" if truth.all() else "true_positive_rate"
            assert np.isnan(curves[digit][:, CURVE_COLUMNS.index(unknown)]).all()
            continue
        alarms, hits, thresholds = metrics.roc_curve(truth, said, drop_intermediate=False)
        for threshold, fpr, tpr, precision in curves[digit][::5]:
            last = np.flatnonzero(thresholds >= threshold)[-1]  # those fall
            assert (fpr, tpr) == pytest.approx((alarms[last], hits[last]))
            chosen = said >= threshold
            assert (
                np.isnan(precision)
                if not chosen.any()
                else precision == pytest.approx(metrics.precision_score(truth, chosen))
            )


def test_what_cannot_be_measured_is_nan_and_left_out_of_the_mean() -> None:
    probabilities = np.eye(CLASSES, dtype=np.float32)[[3, 3, 5]] * 0.8 + 0.02
    scores = classifier_scores(np.array([3, 3, 3]), probabilities)
    assert np.isnan(scores["recall"][5]) and np.isnan(scores["auc"]).all()
    assert scores["recall"][3] == pytest.approx(2 / 3)
    assert scores["recall_macro"] == pytest.approx(2 / 3)
