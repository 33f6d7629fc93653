"""The compiled file, executed here by kfp.local: what a cluster gets, end to end."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.results.repeated import deviations
from components.results.summary import Summary
from modules.util.plain import from_json
from tests.crash import cases

PROJECT = Path(__file__).resolve().parent.parent.parent
AT_LEAST = ("accuracy", "class_accuracy", "stroke_accuracy", "class_precision", "class_auc", "auc")
# As small as a run can be that has a figure of each class; no gate is in its way.
SETTINGS = {
    "tuner": "random",
    "data.train_images": cases.TRAIN,
    "data.test_images": cases.TEST,
    "tuning.images": 200,
    "training.epochs": 4,
    "hyperparameters.learning_rate": 0.01,
    "gates.cross_entropy": 9,
    **{f"gates.{name}": 0 for name in AT_LEAST},
    **{f"hyperparameters.{name}": value for name, value in cases.SMALL["transformer"].items()},
    "hyperparameters.batch_size": 8,
}
# Where threads add in another order each time, one more of few images is right, or one fewer.
ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1"
)


def command(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, f"kubeflow/{script}.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Executed:
    """A small compiled pipeline that has been executed, then run by local_runner.py.

    Args:
        folder: for all that it writes.
        tfx_python: the interpreter of the tasks.
        cluster: more options for compile.py.
        local: more options for run_local.py.
    """

    def __init__(
        self,
        folder: Path,
        tfx_python: Path,
        cluster: tuple[str, ...] = (),
        local: tuple[str, ...] = (),
    ) -> None:
        self.file, self.volume = folder / "small.yaml", folder / "small"
        given = [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]
        options = ("--profile", "smoke", *given, "--to", str(self.file))
        warm = ("--tfx-python", str(tfx_python))
        self.compiled = command("compile", *options, *cluster, *warm)
        self.run = command("run_local", str(self.file), *local, *warm)

    def summary_in(self, output: str) -> Any:
        """What a run wrote below the volume: as a cluster's in `output`, or in `local_runner`."""
        return json.loads((self.volume / output / "transformer" / "summary.json").read_text())

    @property
    def summary(self) -> Any:
        return self.summary_in("output")

    def shown(self, task: str) -> Path:
        """The folder of what KFP's UI would show of a task."""
        [folder] = (self.volume / "kfp").glob(f"*/{task}")
        return folder


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory, tfx_python: Path) -> Executed:
    return Executed(tmp_path_factory.mktemp("kfp"), tfx_python)


def test_it_ends_pushed(executed: Executed) -> None:
    assert executed.compiled.returncode == 0, executed.compiled.stdout
    assert executed.run.returncode == 0, executed.run.stdout
    pushed = executed.summary["pushed"]
    assert Path(pushed, "saved_model.pb").exists()
    assert f"\npushed: {pushed}\n" in executed.run.stdout


def test_it_is_equal_to_a_run_of_the_local_runner(executed: Executed) -> None:
    said = "same as local_runner.py: verdict, hyperparameters, figures"
    assert executed.run.stdout.splitlines()[-1] == said
    here, there = executed.summary, executed.summary_in("local_runner")
    assert deviations(from_json(Summary, here), from_json(Summary, there)) == []
    assert here["verdict"]["outcome"] == there["verdict"]["outcome"] == "pushed"
    assert [n["node"] for n in here["nodes"]] == [n["node"] for n in there["nodes"]]
    assert here["seed"] == there["seed"] and here["settings"] != there["settings"]  # the paths


def test_every_task_says_what_became_of_it(executed: Executed) -> None:
    states = [line.split()[:2] for line in executed.run.stdout.splitlines()]
    nodes = {node["node"] for node in executed.summary["nodes"]}
    assert nodes <= {words[1] for words in states if words[:1] == ["done"]}
    assert (executed.shown("trainer") / "summary").read_text().startswith("# Trainer: done")
    assert (executed.shown("verdict") / "summary").read_text().startswith("# Served: pushed")
    assert "devices: " in (executed.volume / "kfp.log").read_text()


def test_the_evaluator_has_its_curves_and_the_pusher_the_report(executed: Executed) -> None:
    def never(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    folder = executed.shown("evaluator")
    told = json.loads((folder / "executor_output.json").read_text(), parse_constant=never)
    metadata = {name: one["artifacts"][0]["metadata"] for name, one in told["artifacts"].items()}
    overall = executed.summary["evaluation"]["overall"]
    assert metadata["metrics"]["accuracy"] == pytest.approx(overall["accuracy"])
    rows = metadata["classification"]["confusionMatrix"]["rows"]
    assert sum(sum(row["row"]) for row in rows) == overall["example_count"]
    assert len(metadata["classification"]["confidenceMetrics"]) > 50
    page = (executed.shown("pusher") / "report").read_text()
    assert "Served: pushed" in page and not re.search("https?://", page)
    kept = executed.volume / "output" / "transformer" / "latest" / "report.html"
    assert "Served: pushed" in kept.read_text()


@pytest.mark.slow
def test_a_store_does_what_the_volume_does(
    executed: Executed, tmp_path: Path, tfx_python: Path
) -> None:
    cluster = ("--store", "s3://bucket/triptych", "--store-secret", "keys")
    other = Executed(tmp_path, tfx_python, cluster, ("--no-compare",))
    assert other.compiled.returncode == 0, other.compiled.stdout
    assert other.run.returncode == 0, other.run.stdout
    summary = other.summary_in("store/output")
    found = deviations(from_json(Summary, summary), from_json(Summary, executed.summary))
    assert found == []
    assert summary["pushed"].startswith(f"{other.volume}/store/output/serving/transformer/")
    assert Path(summary["pushed"], "saved_model.pb").exists()
    assert not (other.volume / "pod" / "output").exists()
    assert (other.volume / "kfp.log").read_text().count(" store: ") == len(summary["nodes"]) + 1
