"""What a run without gates proposes: from which slice, which end, how rounded, how written."""

import decimal
from pathlib import Path

import pytest

from components.intervals import interval, wilson
from components.proposal import Bound, outward, propose, to_toml
from components.results.facts import Evaluation
from modules.contract.evaluation import EvaluationSpec, Gate, Scale
from pipeline.gates_file import choose, read_gates

SPEC = EvaluationSpec(
    signature="s",
    figures=("part", "loss", "area", "precision_of_A", "precision_of_B"),
    gates=(
        Gate("part", "part", change="part_drop", allowed=0.01, scale=Scale.OF_EXAMPLES),
        Gate("part", "class_part", by="label", scale=Scale.OF_EXAMPLES),
        Gate("loss", "loss", at_least=False, change="loss_rise", allowed=0.5),
        Gate("area", "area", scale=Scale.PART),
        Gate("precision_of_A", "precision", scale=Scale.OF_PREDICTED),
        Gate("precision_of_B", "precision", scale=Scale.OF_PREDICTED),
    ),
    headline=("part",),
)
FOUND = Evaluation(
    overall={
        "example_count": 100.0,
        "part": 0.9,
        "loss": 1.5,
        "area": 1.0,
        "precision_of_A": 0.8,
        "precision_of_B": None,
    },
    slices={
        "label=A": {"example_count": 60.0, "part": 1.0, "loss": 1.0},
        "label=B": {"example_count": 40.0, "part": 0.75, "loss": 2.0},
        "stroke=thin": {"example_count": 30.0, "part": 0.1, "loss": 9.0},
    },
    by_class={},
    curves=[],
    confusion=[[60, 0], [10, 30]],
    classes=["A", "B"],
    notes={},
    headline=["part"],
    gated=["part"],
)
ERRORS = {"overall": {"loss": 0.1, "area": None}, "label=B": {"loss": 5.0}}


def proposed(spec: EvaluationSpec = SPEC) -> dict[str, Bound]:
    return {bound.name: bound for bound in propose(FOUND, ERRORS, spec)}


def test_each_bound_is_the_failing_end_of_the_worst_slices_interval() -> None:
    found = proposed()
    assert found.pop("precision_of_B").value is None
    assert list(found) == [*SPEC.demanded, *SPEC.allowed]
    for name, exact in (
        ("part", wilson(0.9, 100).low),
        ("class_part", wilson(0.75, 40).low),  # of label=B; strokes have nothing to do with it
        ("loss", interval(1.5, Scale.AMOUNT, 100, 0.1).high),
        ("area", wilson(1.0, 100).low),
        ("precision", wilson(0.8, 70).low),  # of those that were called an A
        ("part_drop", (wilson(0.9, 100).high - wilson(0.9, 100).low) / 2),
        ("loss_rise", 0.196),
    ):
        assert found[name].value == pytest.approx(exact, rel=1e-3), name
    assert found["class_part"].says == "part on label=B is 0.75"
    assert 0.9 < (found["area"].value or 0.0) < 1.0


def test_bounds_are_rounded_so_that_the_same_model_meets_them() -> None:
    exact = wilson(0.9, 100).low
    assert 0.0 <= exact - (proposed()["part"].value or 1.0) < 1e-4
    assert outward(0.99987, decimal.ROUND_FLOOR) == 0.9998
    assert outward(123.456, decimal.ROUND_CEILING) == 123.5
    assert outward(0.000012345, decimal.ROUND_FLOOR) == 0.00001234
    assert outward(99999.0, decimal.ROUND_CEILING) == 100000.0
    assert outward(0.0, decimal.ROUND_FLOOR) == 0.0


def test_what_could_not_be_measured_is_not_made_up() -> None:
    only = SPEC._replace(gates=SPEC.gates[-1:])
    lost = Bound("precision_of_B", None, "could not be measured, so no bound is met")
    assert proposed(only) == {"precision_of_B": lost}
    text = to_toml(propose(FOUND, ERRORS, only), "vae.full")
    assert text.endswith("[vae.full]\n# precision_of_B could not be measured, so no bound is met\n")


def test_the_file_is_one_of_gates(tmp_path: Path) -> None:
    bounds = [Bound("nelbo", 93.25, "x"), Bound("ink_auc", 0.9998, "on label=é # [a] is 1")]
    file = tmp_path / "gates.toml"
    file.write_text(to_toml(bounds, "vae.full"), encoding="utf-8")
    chosen = choose(read_gates(str(file)), "vae", "full")
    assert chosen.values == {"gates.nelbo": 93.25, "gates.ink_auc": 0.9998}
