"""`--prune` between real runs: what is needed stays, whatever goes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import runs
from tests.conftest import MakeDataset

OPEN = {
    "accuracy": 0.0,
    "class_accuracy": 0.0,
    "stroke_accuracy": 0.0,
    "class_precision": 0.0,
    "class_auc": 0.0,
    "cross_entropy": 1e6,
    "auc": 0.0,
    "accuracy_drop": 1.0,
}
FAMILY = "transformer"

Start = Callable[..., runs.Run]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, make_dataset: MakeDataset) -> Start:
    """Starts a short run in this process, in the one output folder."""
    work = tmp_path_factory.mktemp("prune")
    data = make_dataset(work / "data", train=1500, test=600)
    (data / "gates.toml").unlink()

    def run(*arguments: str, **gates: float) -> runs.Run:
        words = ["--data-dir", str(data), "--tuner", "none", "--profile", "smoke", *arguments]
        for name, bound in {"training.epochs": 6, **_gates({**OPEN, **gates})}.items():
            words += ["--set", f"{name}={bound}"]
        return runs.run_here(work / "output", *words)

    return run


def _gates(bounds: dict[str, float]) -> dict[str, float]:
    return {f"gates.{name}": bound for name, bound in bounds.items()}


def everything(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def models(output: Path) -> list[str]:
    return sorted(path.name for path in (output / "artifacts" / FAMILY / "Trainer/model").iterdir())


def test_what_the_next_run_needs_is_there_after_each_prune(start: Start) -> None:
    made = [start("--seed", str(seed)) for seed in (1, 2, 3)]
    output = made[0].output
    assert [run.code for run in made] == [0, 0, 0]
    killed = output / "state" / FAMILY / "trainer" / "training-x"
    killed.mkdir(parents=True)
    (killed / "weights").write_text("half")
    kept = everything(output / "serving"), everything(output / "state")
    store = (output / "metadata.sqlite").stat().st_size
    assert len(models(output)) == 3 and not list(output.glob("artifacts/*/*/.system"))

    told = runs.run_here(output, "--prune", "--dry-run")
    assert told.code == 0 and len(models(output)) == 3
    assert "would remove artifacts/transformer/Trainer/model/" in told.screen
    done = runs.run_here(output, "--prune")
    assert done.code == 0 and len(models(output)) == 2
    assert done.screen.count("removed artifacts") == told.screen.count("would remove artifacts")
    assert "freed" in done.screen.splitlines()[-1]
    assert (everything(output / "serving"), everything(output / "state")) == kept
    assert (output / "metadata.sqlite").stat().st_size <= store
    again = runs.run_here(output, "--prune")
    assert again.screen.startswith("removed 0 folders, 0 B, and 0 executions")

    unchanged = start("--seed", "3")
    assert unchanged.code == 0 and set(unchanged.states.values()) == {"cached"}
    runs.forget_last(unchanged)  # the metadata store is asked, node by node
    cached = start("--seed", "3")
    states = {node: state for node, state in cached.states.items() if node != "Baseline"}
    assert cached.code == 0 and set(states.values()) == {"cached"}
    assert cached.summary["pushed"] == made[2].summary["pushed"]

    refused = start("--seed", "4", accuracy=1.0)
    assert refused.code == 3 and "the last blessed model" in headline(refused, "Baseline")
    blessed = headline(refused, "Baseline").rpartition("/")[2]
    assert runs.run_here(output, "--prune").code == 0
    assert blessed in models(output) and everything(output / "serving") == kept[0]
    runs.forget_last(refused)
    same = start("--seed", "4", accuracy=1.0)
    states = {node: state for node, state in same.states.items() if node != "Baseline"}
    assert same.code == 3 and set(states.values()) == {"cached"}


def headline(run: runs.Run, node: str) -> str:
    nodes: list[dict[str, Any]] = run.summary["nodes"]
    return next(one["headline"] for one in nodes if one["node"] == node)


def test_the_refusals(tmp_path: Path) -> None:
    nothing = runs.run_here(tmp_path / "none", "--prune")
    assert nothing.code == 2 and "has no runs that could be pruned" in nothing.screen
    assert not (tmp_path / "none").exists()
    elsewhere = runs.run_here(tmp_path, "--prune", "--metadata-store", "grpc://host:8080")
    assert elsewhere.code == 2 and "grpc://host:8080, which others may use" in elsewhere.screen
    run = tmp_path / FAMILY / "20260101-000000-000000"
    run.mkdir(parents=True)
    told = {"settings": {"metadata_store": "mysql://host/x"}, "verdict": {"exit_code": 0}}
    (run / "summary.json").write_text(json.dumps(told))
    before = runs.run_here(tmp_path, "--prune")
    assert before.code == 2 and "mysql://host/x" in before.screen
