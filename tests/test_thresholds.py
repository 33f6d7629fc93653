"""Every bound with what was measured: refused on a real loss, passed on noise, told in words."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from components.gates import Failure
from components.intervals import wilson
from components.paired import directions, pair
from components.results.facts import Evaluation
from components.results.judged import NOISE, Paired, Threshold
from components.thresholds import failures_of, of_bounds, of_changes
from modules import families
from modules.contract.evaluation import EvaluationSpec, Gate, Scale
from tests.test_paired import parts, said

SPEC = EvaluationSpec(
    signature="s",
    figures=("loss",),
    standard=(("SparseCategoricalAccuracy", "accuracy"),),
    prediction="said",
    gates=(
        Gate("accuracy", "accuracy", change="accuracy_drop", scale=Scale.OF_EXAMPLES),
        Gate("accuracy", "class_accuracy", by="label", scale=Scale.OF_EXAMPLES),
        Gate("loss", "loss", at_least=False, change="loss_rise"),
        Gate("precision_of_A", "precision", scale=Scale.OF_PREDICTED),
    ),
    headline=("accuracy",),
)
GATES = {
    "accuracy": 0.9,
    "class_accuracy": 0.975,
    "loss": 1.0,
    "precision": 0.9,
    "accuracy_drop": 0.002,
    "loss_rise": 0.1,
}
FOUND = Evaluation(
    overall={"example_count": 100.0, "accuracy": 0.95, "accuracy_diff": -0.01, "loss": 0.8}
    | {"precision_of_A": 0.88},
    slices={
        "label=A": {"example_count": 50.0, "accuracy": 0.94},
        "label=B": {"example_count": 50.0, "accuracy": 0.96},
        "stroke=thin": {"example_count": 20.0, "accuracy": 0.1},
    },
    by_class={},
    curves=[],
    confusion=[[44, 6], [6, 44]],
    classes=["A", "B"],
    notes={},
    headline=[],
    gated=[],
)


def failed(metric: str, where: str, value: float | None, bound: float, count: int) -> Failure:
    return Failure("Evaluator", metric, where, value, "at least", bound, count)


EIGHT = failed("accuracy", "label=B", 0.96, 0.975, 50)
A = failed("accuracy", "label=A", 0.94, 0.975, 50)
PRECISION = failed("precision_of_A", "overall", 0.88, 0.9, 100)
THIN = failed("example_count", "label=A", 20.0, 30.0, 20)


def bounds(*failures: Failure) -> dict[tuple[str, str], Threshold]:
    found = of_bounds(FOUND, {"overall": {"loss": 0.05}}, SPEC, GATES, failures)
    return {(one.metric, one.slice): one for one in found}


def test_every_bound_is_there_with_value_interval_and_baseline() -> None:
    found = bounds()
    assert list(found) == [
        ("accuracy", "overall"),
        ("accuracy", "label=A"),
        ("accuracy", "label=B"),
        ("loss", "overall"),
        ("precision_of_A", "overall"),
    ]
    whole = found["accuracy", "overall"]
    assert (whole.low, whole.high) == wilson(0.95, 100)
    assert whole.baseline == pytest.approx(0.96) and whole.name == "accuracy"
    assert whole.margin == pytest.approx(0.05) and whole.passed and whole.words == ""
    loss = found["loss", "overall"]
    assert (loss.low, loss.high) == pytest.approx((0.702, 0.898), abs=1e-4)
    assert (loss.kind, loss.baseline, loss.rises) == ("at most", None, False)
    assert (found["precision_of_A", "overall"].low) == wilson(0.88, 50).low


def test_a_no_says_when_there_are_too_few_examples_to_be_sure() -> None:
    found = bounds(EIGHT, PRECISION)
    assert not found["accuracy", "label=B"].passed and found["accuracy", "label=A"].passed
    told = [str(one) for one in failures_of(found.values(), [EIGHT, PRECISION])]
    assert told == [
        "precision_of_A is 0.88, needs 0.9 (100 examples: 6 of 50 predicted wrong, too few to tell "
        "0.88 from 0.9)",
        "accuracy on label=B is 0.96, needs 0.975 (50 examples: 2 wrong, too few to tell 0.96 from "
        "0.975)",
    ]


def test_a_no_that_is_sure_says_nothing_more() -> None:
    sure = dataclasses.replace(FOUND, slices={"label=B": {"example_count": 50.0, "accuracy": 0.5}})
    failure = dataclasses.replace(EIGHT, value=0.5)
    found = of_bounds(sure, {}, SPEC, GATES, [failure])
    assert failures_of(found, [failure]) == [failure]
    assert str(failure) == "accuracy on label=B is 0.5, needs 0.975 (50 examples)"


def test_two_numbers_are_told_with_as_many_digits_as_they_need() -> None:
    near = {"example_count": 50.0, "accuracy": 0.97496}
    found = of_bounds(
        dataclasses.replace(FOUND, slices={"label=B": near}), {}, SPEC, GATES, [EIGHT]
    )
    [words] = [one.words for one in found if one.slice == "label=B"]
    assert words == "1 wrong, too few to tell 0.97496 from 0.975"


def test_what_could_not_be_measured_has_no_interval() -> None:
    lost = dataclasses.replace(FOUND, overall={**FOUND.overall, "loss": None})
    failure = Failure("Evaluator", "loss", "overall", None, "at most", 1.0, 100)
    [loss] = [t for t in of_bounds(lost, {}, SPEC, GATES, [failure]) if t.metric == "loss"]
    assert (loss.value, loss.low, loss.passed, loss.margin) == (None, None, False, None)


def test_a_slice_that_is_too_thin_is_a_bound_as_well() -> None:
    found = bounds(THIN)["example_count", "label=A"]
    assert (found.value, found.bound, found.passed) == (20.0, 30.0, False)
    assert bounds(THIN)["accuracy", "label=A"].passed


def changes(mine: Any, theirs: Any, figure: str, spec: Any = SPEC, **gates: float) -> list[Any]:
    pairs = pair(
        said(len(mine), **{figure: mine}), said(len(mine), **{figure: theirs}), directions(spec)
    )
    return of_changes(pairs, spec, gates or GATES)


@pytest.mark.parametrize(
    ("lost", "won", "passed", "words"),
    [
        (60, 20, False, ""),
        (22, 10, True, NOISE),  # -0.006, where -0.002 is allowed: of 2,000 images, 12 net
        (14, 1, False, ""),
        (5, 4, True, NOISE),
        (20, 60, True, "better"),
    ],
)
def test_a_drop_is_refused_when_it_is_more_than_noise(
    lost: int, won: int, passed: bool, words: str
) -> None:
    allowed = 0.002
    [found] = changes(*parts(1900 - lost - won, lost, won, 100), "accuracy", accuracy_drop=allowed)
    assert (found.passed, found.words, found.bound) == (passed, words, -allowed)
    assert (found.name, found.kind, found.rises) == ("accuracy_drop", "change", True)
    assert found.value == pytest.approx((won - lost) / 2000)
    failures = failures_of([found], [])
    assert bool(failures) == (not passed)
    if failures:
        assert (failures[0].value, failures[0].low, failures[0].high) == (
            found.value,
            found.low,
            found.high,
        )


def test_what_is_worse_but_allowed_is_called_so() -> None:
    [found] = changes(*parts(1820, 60, 20, 100), "accuracy", accuracy_drop=0.1)
    assert found.passed and found.words == "worse, by less than is allowed"


@pytest.mark.parametrize(
    ("family", "figure", "gate", "better"),
    [
        ("transformer", "accuracy", "accuracy_drop", 1.0),
        ("vae", "nelbo", "nelbo_rise", -1.0),
        ("gan", "coverage", "coverage_drop", 1.0),
    ],
)
def test_the_gates_of_all_families_know_their_direction(
    family: str, figure: str, gate: str, better: float
) -> None:
    spec = families.load(family).evaluation.for_classes([str(digit) for digit in range(10)])
    random = np.random.default_rng(1)
    theirs = random.normal(100.0, 20.0, 1000)
    mine = theirs + random.normal(0.5, 2.0, 1000)
    if figure != "nelbo":
        mine, theirs = parts(800, 50, 90, 60)
    for allowed in (0.0, 0.001):  # at 0, too, the direction is known
        [good] = changes(mine, theirs, figure, spec, **{gate: allowed})
        [bad] = changes(theirs, mine, figure, spec, **{gate: allowed})
        passed, refused = (good, bad) if better > 0.0 else (bad, good)
        assert passed.passed and not refused.passed
        assert passed.rises == refused.rises == (better > 0.0)
        assert refused.margin is not None and refused.margin < 0.0
    [failure] = failures_of([refused], [])
    assert f"{figure} changed by " in str(failure) and "(95 % interval " in str(failure)


def test_a_refusal_tells_the_interval() -> None:
    failure = Failure(
        "Evaluator", "accuracy", "overall", -0.012, "change", -0.002, 2000, low=-0.019, high=-0.005
    )
    assert str(failure) == (
        "accuracy changed by -0.012 (95 % interval -0.019 to -0.005) from the last blessed model, "
        "where -0.002 is allowed (2,000 examples)"
    )


def test_a_change_that_is_not_asked_for_or_has_no_pair_is_no_threshold() -> None:
    mine, theirs = parts(900, 90, 0, 10)
    without = {name: bound for name, bound in GATES.items() if name != "accuracy_drop"}
    assert changes(mine, theirs, "accuracy", **without) == []
    pairs: list[Paired] = []
    assert of_changes(pairs, SPEC, GATES) == []


def test_a_change_can_be_asked_for_of_each_class() -> None:
    spec = SPEC._replace(gates=(Gate("accuracy", "accuracy", by="label", change="drop"),))
    mine, theirs = parts(900, 90, 0, 10)
    found = changes(mine, theirs, "accuracy", spec, drop=0.0)
    assert [one.slice for one in found] == [f"label={label}" for label in range(4)]
    assert not any(one.passed for one in found)
