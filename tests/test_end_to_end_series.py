"""Several seeds of one setting through the whole pipeline: what is done, and what is done once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import runs, smoke

NAME = "short vae"  # of which a run is made anyway
SEEDS = ("--seeds", "2")


def states(summary: dict[str, Any], *nodes: str) -> list[str]:
    found = {node["node"]: node["state"] for node in summary["nodes"]}
    return [found.get(node, "") for node in nodes]


def test_a_series_trains_what_is_not_there_and_pushes_its_median(
    smoke_run: Callable[[str], runs.Run], tmp_path: Path
) -> None:
    first = smoke.copied(smoke_run(NAME), tmp_path / "output")
    before = {path.name for path in (first.output / "vae").iterdir()}
    last = runs.run_here(first.output, *smoke.arguments(NAME), *SEEDS)
    assert last.code == 0, last.screen
    found = last.summary["series"]
    folders = [first.output / "vae" / one["run"] for one in found["members"]]
    one, other = (json.loads((folder / "summary.json").read_text()) for folder in folders)

    # The first seed is that of the run before; data and search are the same for the other one.
    known = ("MnistExampleGen", "StatisticsGen", "DataGate", "Tuner")
    assert states(one, *known, "Trainer", "Evaluator", "Pusher") == ["cached"] * 6 + [""]
    assert states(other, *known) == ["cached"] * 4
    assert states(other, "Trainer", "Evaluator", "ServingCheck", "Pusher") == ["done"] * 3 + [""]
    assert [run["verdict"]["outcome"] for run in (one, other)] == ["judged", "judged"]
    assert [run["training"]["seed"] for run in (one, other)] == [1, 2]
    assert one["training"]["hyperparameters"] == other["training"]["hyperparameters"]
    assert one["evaluation"]["baseline"] == other["evaluation"]["baseline"] == ""
    assert "Judged: one of several seeds" in (folders[1] / "report.html").read_text()

    # The less good of two is the lower median.
    reached = [run["training"]["history"]["val_nelbo"][-1] for run in (one, other)]
    assert [member["objective"] for member in found["members"]] == pytest.approx(reached)
    assert found["chosen"] == folders[reached.index(max(reached))].name
    chosen = (one, other)[reached.index(max(reached))]
    assert last.summary["evaluation"]["overall"] == chosen["evaluation"]["overall"]
    assert states(last.summary, "Trainer", "Evaluator", "ServingCheck") == ["cached"] * 3
    figures = [run["evaluation"]["overall"]["nelbo"] for run in (one, other)]
    spread = {one["figure"]: one for one in found["spread"]}["nelbo"]
    assert spread["mean"] == pytest.approx(sum(figures) / 2) and spread["count"] == 2
    assert "2 trainings of one setting, which differ in their seed alone." in last.screen
    assert 'id="series"' in (last.folder / "report.html").read_text()

    again = runs.run_here(first.output, *smoke.arguments(NAME), *SEEDS)
    assert again.code == 0 and set(again.states.values()) == {"cached"}
    assert again.summary["series"] == found and "2 trainings of one setting" in again.screen
    made = {path.name for path in (first.output / "vae").iterdir()} - before
    assert made == {*(folder.name for folder in folders), last.folder.name, again.folder.name}
