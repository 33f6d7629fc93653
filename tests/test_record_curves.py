"""The recorder of learning curves, and what it has recorded."""

import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts import record_curves
from scripts.record_curves import RUNGS, SPACE, Job, all_jobs, begun_by, record, share_of, write


class Trainer:
    """Makes up figures, and is stopped by whoever says so."""

    def __init__(self, stop_at: int = 0) -> None:
        self.done: list[Job] = []
        self._stop_at = stop_at

    def __call__(self, job: Job) -> Mapping[str, Any]:
        if len(self.done) + 1 == self._stop_at:
            raise KeyboardInterrupt
        self.done.append(job)
        return {"val_accuracy": [0.1 * job.seed] * RUNGS[-1]}


def silent(_: str) -> None:
    """Tells nobody."""


@pytest.mark.parametrize("torn", ["", '{"key": "half of a li', '{"key": "f", "seed"'])
def test_a_stopped_recording_repeats_nothing_that_was_finished(tmp_path: Path, torn: str) -> None:
    parts, jobs = tmp_path / "parts.jsonl", all_jobs()[:6]
    first, second = Trainer(stop_at=4), Trainer()
    with pytest.raises(KeyboardInterrupt):
        record(jobs, first, parts, silent)
    with parts.open("a") as file:
        file.write(torn)  # a kill in the middle of a line
    found = record(jobs, second, parts, silent)
    assert (first.done, second.done) == (jobs[:3], jobs[3:])
    unbroken = record(jobs, Trainer(), tmp_path / "unbroken.jsonl", silent)
    for rows in (found, unbroken):
        for row in rows.values():
            row.pop("seconds")
    assert found == unbroken and len(found) == 6


def test_the_commit_is_that_of_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tmp_path / "parts.jsonl"
    monkeypatch.setattr(record_curves, "commit", lambda: "first")
    record(all_jobs()[:1], Trainer(), parts, silent)
    monkeypatch.setattr(record_curves, "commit", lambda: "second")
    record(all_jobs()[:2], Trainer(), parts, silent)
    assert begun_by(parts)["commit"] == "first"


def test_parts_of_other_settings_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tmp_path / "parts.jsonl"
    record(all_jobs()[:1], Trainer(), parts, silent)
    monkeypatch.setattr(record_curves, "SIZES", (1, 2, 3))
    with pytest.raises(ValueError, match="was begun by other code or settings"):
        record(all_jobs()[:1], Trainer(), parts, silent)


@pytest.mark.parametrize("shares", [1, 2, 5])
def test_shares_have_each_training_once_and_no_graph_in_two(shares: int) -> None:
    jobs = all_jobs()
    divided = [share_of(jobs, share, shares) for share in range(1, shares + 1)]
    assert sorted(map(str, itertools.chain(*divided))) == sorted(map(str, jobs))
    grids = [[job for job in some if (job.seed, job.way) == (1, "schedule")] for some in divided]
    graphs = [{tuple(job.values[name] for name in record_curves.GRAPH) for job in g} for g in grids]
    assert not any(one & other for one, other in itertools.combinations(graphs, 2))
    for some, grid in zip(divided, grids, strict=True):
        assert some[: len(grid)] == grid  # the whole space comes first


def test_a_record_is_one_json_object_with_a_line_for_each_training(tmp_path: Path) -> None:
    rows = [{"seed": seed, "val_accuracy": [0.1]} for seed in (1, 2)]
    write({"commit": "c", "space": {"layers": [1, 2]}}, rows, tmp_path / "record.json")
    text = (tmp_path / "record.json").read_text()
    assert json.loads(text) == {"commit": "c", "space": {"layers": [1, 2]}, "trainings": rows}
    assert sum(line.startswith('  {"seed"') for line in text.splitlines()) == 2


def test_the_record_is_complete_and_small() -> None:
    assert record_curves.FILE.stat().st_size < 2_000_000
    found = json.loads(record_curves.FILE.read_text())
    assert found["space"] == {name: list(choices) for name, choices in SPACE.items()}
    assert len(found["commit"].partition("-")[0]) == 40 and found["command"].endswith(".py")
    rows = found["trainings"]
    made = {(json.dumps(row["values"]), row["seed"], row["way"]) for row in rows}
    assert made == {(json.dumps(job.values), job.seed, job.way) for job in all_jobs()}
    assert len(made) == len(rows)
    whole = {json.dumps(row["values"]) for row in rows if row["way"] == "schedule"}
    assert len(whole) == math.prod(map(len, SPACE.values())) >= 200
    for row in rows:
        for name in ("val_accuracy", "third_accuracy"):
            epochs = len(row[name])
            assert epochs == RUNGS[-1] or ("failed" in row and epochs < RUNGS[-1])
            assert all(0.0 <= figure <= 1.0 for figure in row[name])
