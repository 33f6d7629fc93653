"""Whole runs with folds: refused by them, cached, and pushed when their bound changes."""

from pathlib import Path
from typing import Any

import pytest

from modules import families
from tests import runs

pytestmark = pytest.mark.slow
LEARNT = ("CrossValidator", "Trainer", "Evaluator", "Inspector")


def arguments(folder: Path, bound: float | None) -> list[str]:
    """A small forest whose folds alone can be refused."""
    gates = families.load("forest").evaluation.gates
    opened = {f"gates.{one.name}": 0.0 if one.at_least else 1e6 for one in gates}
    folds = {} if bound is None else {"gates.folds": bound}
    settings = {**opened, **folds, "hyperparameters.n_estimators": 20}
    words = [w for name, value in settings.items() for w in ("--set", f"{name}={value}")]
    return [
        *("--model", "forest", "--profile", "smoke", "--tuner", "none", "--folds", "3"),
        *("--data-dir", str(folder), *words),
    ]


def test_folds_refuse_cached_and_a_lower_bound_pushes_without_training(
    make_dataset: Any, tmp_path: Path
) -> None:
    data, output = make_dataset(tmp_path / "idx", train=900, test=400), tmp_path / "output"
    (data / "gates.toml").unlink()
    first = runs.run_here(output, *arguments(data, 0.999))
    at_once = runs.run_here(output, *arguments(data, 0.999))
    runs.forget_last(at_once)
    by_store = runs.run_here(output, *arguments(data, 0.999))
    for run, state in ((first, "done"), (at_once, "cached"), (by_store, "cached")):
        assert run.code == 3, run.screen
        assert {run.states[name] for name in LEARNT} == {state}
        assert "refused: val_accuracy on 3 folds is 0." in run.screen
        [failure] = run.summary["verdict"]["failures"]
        assert (failure["gate"], failure["bound"]) == ("FoldsGate", 0.999)
        assert run.summary["pushed"] is None and run.summary["training"]
        assert run.report["summary"]["folds"] == run.summary["folds"]
    assert not list((output / "serving").glob("*/*"))
    folds = first.summary["folds"]
    assert len(folds["folds"]) == 3 and folds["threshold"]["passed"] is False
    assert not any((output / "state").rglob("*.*"))

    for bound in (folds["proposed"], None):
        run = runs.run_here(output, *arguments(data, bound))
        assert run.code == 0, run.screen
        assert {run.states[name] for name in LEARNT} == {"cached"}
        assert run.summary["folds"]["mean"] == folds["mean"]
        assert (run.summary["folds"]["threshold"] is None) is (bound is None)


def test_a_run_without_gates_proposes_a_bound_for_its_folds(
    make_dataset: Any, tmp_path: Path
) -> None:
    data, output = make_dataset(tmp_path / "idx", train=900, test=400), tmp_path / "output"
    (data / "gates.toml").unlink()
    few = ["--model", "forest", "--profile", "smoke", "--tuner", "none", "--data-dir", str(data)]
    few += ["--set", "hyperparameters.n_estimators=20"]
    first = runs.run_here(output, *few)
    assert first.code == 3 and "no gates for this dataset" in first.screen
    gates = first.folder / "gates.toml"
    assert f"folds = {first.summary['folds']['proposed']}" in gates.read_text()
    accepted = runs.run_here(output, *few, "--gates", str(gates))
    assert accepted.code == 0, accepted.screen
    assert accepted.states["CrossValidator"] == accepted.states["Trainer"] == "cached"
    assert accepted.summary["folds"]["threshold"]["passed"] is True
