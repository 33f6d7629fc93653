"""The gate on folds: its bound, its no, and what it says without a bound."""

from pathlib import Path

import pytest

from components.folds_gate import FOLDS_GATE
from components.gates import Record, read_record
from components.results import headlines
from components.results.folds import read_folds
from tests import validated
from tests.validated import ACCURACIES, NELBOS, folds_of


@pytest.mark.parametrize(
    ("scores", "family", "mean", "deviation"),
    [
        (ACCURACIES, "transformer", 0.9930, 0.000447),
        (NELBOS, "vae", 90.4, 0.273861),
        ((0.94, 0.95), "forest", 0.945, 0.007071),
    ],
)
def test_folds_have_a_mean_and_the_standard_deviation_of_a_sample(
    scores: tuple[float, ...], family: str, mean: float, deviation: float
) -> None:
    found = folds_of(scores, family)
    assert (found.mean, found.deviation) == (mean, deviation)
    worse = mean - deviation if found.rises else mean + deviation
    assert found.worsened() == pytest.approx(worse)
    assert (found.images, found.seconds) == (12_000 * len(scores), 60.0 * len(scores))


@pytest.mark.parametrize(
    ("scores", "family", "bound", "passes"),
    [
        (ACCURACIES, "transformer", "0.9925", True),  # .9930 less .00045 is .99255
        (ACCURACIES, "transformer", "0.9926", False),  # which the mean alone would meet
        (NELBOS, "vae", "90.68", True),
        (NELBOS, "vae", "90.67", False),
        ((0.10, 0.14, 0.12), "gan", "0.15", True),
        ((0.10, 0.14, 0.12), "gan", "0.13", False),
    ],
)
def test_the_mean_worsened_by_one_standard_deviation_has_to_meet_the_bound(
    tmp_path: Path, scores: tuple[float, ...], family: str, bound: str, passes: bool
) -> None:
    outputs = validated.judged(tmp_path, folds_of(scores, family), bound)
    record = read_record(tmp_path / "judged")
    assert (record.gate, record.passed) == (FOLDS_GATE, passes)
    found = read_folds(outputs, outputs)
    assert found.threshold and found.threshold.passed is passes
    assert (found.threshold.name, found.threshold.bound) == ("folds", float(bound))
    assert found.threshold.value == pytest.approx(found.worsened(), abs=1e-6)


def test_a_refusal_says_what_its_number_is_made_of(tmp_path: Path) -> None:
    outputs = validated.judged(tmp_path, folds_of(ACCURACIES), "0.995")
    [failure] = read_record(tmp_path / "judged").failures
    assert str(failure) == (
        "val_accuracy on 5 folds is 0.9926, needs 0.995 (60,000 examples: the mean of 99.30\xa0%, "
        "worsened by one standard deviation, 0.04\xa0points)"
    )
    assert headlines.folds_gate(outputs) == str(failure)


@pytest.mark.parametrize(
    ("scores", "family", "said"),
    [
        ((*ACCURACIES[:4], 0.95), "transformer", "fold 5 with 95.00\xa0% is unlike the others"),
        ((120.0, *NELBOS[1:]), "vae", "fold 1 with 120 is unlike the others"),
    ],
)
def test_an_outlier_is_named(
    tmp_path: Path, scores: tuple[float, ...], family: str, said: str
) -> None:
    found = folds_of(scores, family)
    outputs = validated.judged(tmp_path, found, "0.5" if found.rises else "1000")
    assert read_record(tmp_path / "judged").passed
    [number] = found.outliers
    assert f"fold {number} is unlike the others" in headlines.folds(outputs)
    judged = read_folds(outputs, outputs).threshold
    assert judged and said in judged.words


def test_what_few_images_can_do_by_chance_is_no_outlier() -> None:
    scores = (0.95, 0.95, 0.95, 0.95, 0.94)
    assert folds_of(scores, images=200).outliers == ()
    assert folds_of(scores, images=12_000).outliers == (5,)
    assert folds_of([100 * (1 - one) for one in scores], "vae", images=200).outliers == (5,)


@pytest.mark.parametrize("bound", ["", "0.5"])
def test_a_fold_without_a_figure_is_refused(tmp_path: Path, bound: str) -> None:
    found = folds_of((0.99, None, 0.98))
    assert (found.mean, found.deviation, found.outliers) == (None, None, ())
    outputs = validated.judged(tmp_path, found, bound)
    [failure] = read_record(tmp_path / "judged").failures
    assert str(failure) == "fold 2 failed: training stopped: the loss is not finite"
    assert headlines.folds(outputs) == "3 folds: fold 2 failed"
    assert read_folds(outputs, outputs).threshold is None


@pytest.mark.parametrize(
    ("scores", "family"), [(ACCURACIES, "transformer"), (NELBOS, "vae"), ((0.1, 0.2), "gan")]
)
def test_without_a_bound_one_is_proposed_that_the_folds_meet(
    tmp_path: Path, scores: tuple[float, ...], family: str
) -> None:
    outputs = validated.judged(tmp_path / "a", folds_of(scores, family))
    assert read_record(tmp_path / "a" / "judged") == Record(FOLDS_GATE, True)
    found = read_folds(outputs, outputs)
    assert found.threshold is None and found.proposed is not None
    assert str(found.proposed) in headlines.folds_gate(outputs)
    validated.judged(tmp_path / "b", folds_of(scores, family), str(found.proposed))
    assert read_record(tmp_path / "b" / "judged").passed


def test_the_headline_of_folds_has_mean_and_spread(tmp_path: Path) -> None:
    outputs = validated.judged(tmp_path, folds_of(ACCURACIES), "0.99")
    assert headlines.folds(outputs) == "5 folds: val_accuracy 0.9930 ± 0.0004"
    assert headlines.folds_gate(outputs) == "val_accuracy 0.9926, at least 0.99 is needed"
