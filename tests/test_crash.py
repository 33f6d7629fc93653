"""The crash sweep: four of its points, and what it compares by."""

import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import runs
from tests.crash import compare

SEED = 3371  # draws steps of the Trainer, Evaluator and Pusher, the last after its rename


def test_a_run_that_is_killed_ends_as_one_that_is_left_alone() -> None:
    options = ["--case", "quick", "--fault", "kill", "--points", "4", "--seed", str(SEED)]
    sweep = subprocess.run(
        [runs.PYTHON, "-m", "tests.crash", *options, "--jobs", "1"],
        cwd=runs.PROJECT,
        capture_output=True,
        text=True,
    )
    assert sweep.returncode == 0, sweep.stdout + sweep.stderr
    assert "4 of 4 points" in sweep.stdout


@pytest.mark.parametrize(
    ("wanted", "got", "count"),
    [
        ({"loss": [1.0, 0.5]}, {"loss": [1.0, 0.5 + 1e-9]}, 0),
        ({"loss": [1.0, 0.5]}, {"loss": [1.0, 0.501]}, 1),
        ({"loss": [1.0]}, {"loss": [1.0, 0.5]}, 1),
        ({"best": {"layers": 1}}, {"best": {"layers": 2}}, 1),
        ({"best": {"layers": 1}}, {"best": {}}, 1),
        (["Tuner", "Trainer"], ["Trainer", "Tuner"], 2),
    ],
)
def test_what_differs_is_named(wanted: Any, got: Any, count: int) -> None:
    assert len(list(compare.differences(wanted, got))) == count


def test_what_is_left_over_is_found(tmp_path: Path) -> None:
    left = [".tmp", "state/.x.12.gone", "vae/.summary.json.3.part", "serving/vae/.incoming"]
    for name in [*left, "serving/vae/1/saved_model.pb", "vae/latest/summary.json", ".lock"]:
        (tmp_path / name).mkdir(parents=True)
    assert sorted(compare.left_over(tmp_path)) == sorted(left)


def test_folders_are_told_apart_by_what_is_in_them_and_not_by_numbers(tmp_path: Path) -> None:
    for name in ("one/serving/vae/17", "two/serving/vae/18", "two/serving/vae/19"):
        (tmp_path / name).mkdir(parents=True)
    one, two = compare.folders(tmp_path / "one"), compare.folders(tmp_path / "two")
    assert two - one == Counter({"serving/vae/N": 1}) and not one - two
