"""`--prune` between real runs: what is needed stays, whatever goes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import runs, smoke

FAMILY = "transformer"


@pytest.fixture
def last(smoke_run: Callable[[str], runs.Run], tmp_path: Path) -> runs.Run:
    """A run after two others of the same model, all of them pushed."""
    output = smoke.copied(smoke_run(FAMILY), tmp_path / "output").output
    anew = ("--rerun-from", "ServingCheck")
    of_all = [runs.run_here(output, *smoke.arguments(FAMILY), *anew) for _ in range(2)]
    for run in of_all:
        done = {node for node, state in run.states.items() if state == "done"}
        assert done == {"Baseline", "ServingCheck", "Pusher"}, run.screen
    return of_all[-1]


def everything(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def checks(output: Path) -> list[str]:
    """What the ServingChecks of all runs have left, by the numbers of their executions."""
    return sorted(path.name for path in (output / f"artifacts/{FAMILY}/ServingCheck").glob("*/*"))


def cached_by_the_store(run: runs.Run, *arguments: str) -> runs.Run:
    """The same run again, for which the metadata store is asked node by node."""
    runs.forget_last(run)
    again = runs.run_here(run.output, *smoke.arguments(FAMILY), *arguments)
    states = {node: state for node, state in again.states.items() if node != "Baseline"}
    assert set(states.values()) == {"cached"}
    return again


def test_what_the_next_run_needs_is_there_after_each_prune(last: runs.Run) -> None:
    output = last.output
    assert last.code == 0 and len(checks(output)) == 3
    killed = output / "state" / FAMILY / "trainer" / "training-x"
    killed.mkdir(parents=True)
    (killed / "weights").write_text("half")
    ended = {name for name in everything(output / "state") if name.startswith(f"{FAMILY}/kept/")}
    unfinished = {n: s for n, s in everything(output / "state").items() if n not in ended}
    kept = everything(output / "serving"), unfinished
    assert ended
    store = (output / "metadata.sqlite").stat().st_size
    assert len(kept[0]) > 0 and not list(output.glob("artifacts/*/*/.system"))

    told = runs.run_here(output, "--prune", "--dry-run")
    assert told.code == 0 and len(checks(output)) == 3
    assert "would remove artifacts/transformer/ServingCheck/blessing/" in told.screen
    done = runs.run_here(output, "--prune")
    assert done.code == 0 and len(checks(output)) == 1
    assert done.screen.count("removed artifacts") == told.screen.count("would remove artifacts")
    assert "freed" in done.screen.splitlines()[-1]
    assert (everything(output / "serving"), everything(output / "state")) == kept
    assert (output / "metadata.sqlite").stat().st_size <= store
    again = runs.run_here(output, "--prune")
    assert again.screen.startswith("removed 0 folders, 0 B, and 0 executions")

    unchanged = runs.run_here(output, *smoke.arguments(FAMILY))
    assert unchanged.code == 0 and set(unchanged.states.values()) == {"cached"}
    assert cached_by_the_store(unchanged).summary["pushed"] == last.summary["pushed"]

    higher = ("--set", "gates.accuracy=1")
    refused = runs.run_here(output, *smoke.arguments(FAMILY), *higher)
    assert refused.code == 3 and refused.states["Trainer"] == "cached"
    assert runs.run_here(output, "--prune").code == 0
    assert everything(output / "serving") == kept[0]
    assert cached_by_the_store(refused, *higher).code == 3


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
