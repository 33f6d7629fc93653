"""Whole runs on a small dataset that is spoilt: they are refused, also after they were stopped."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.readers import idx
from components.readers.reader import Pair
from tests import runs
from tests.stores import Execution, executions

QUICK = ("--profile", "smoke", "--tuner", "none", "--set", "training.epochs=2")


def small_dataset(make_dataset: Any, folder: Path) -> Pair:
    """Writes a small dataset, and returns the pair of files to train on."""
    return idx.find_dataset(make_dataset(folder, train=1500, test=400))["train"]


def test_an_anomaly_stops_the_run_before_anything_is_tuned(
    make_dataset: Any, tmp_path: Path
) -> None:
    pair = small_dataset(make_dataset, tmp_path / "idx")
    images = np.array(idx.read_images(pair.images, 0, pair.count))
    images[5] = 0
    idx.write_idx(pair.images, images)
    options = ("--data-dir", str(tmp_path / "idx"), "--profile", "smoke")
    run = runs.run_here(tmp_path / "output", *options)
    assert run.code == 3, run.screen
    assert list(run.states.items())[-1] == ("DataGate", "refused")
    assert "mean_ink" in run.summary["verdict"]["reason"]
    assert "Tuner" not in run.states
    assert run.report["summary"]["verdict"] == run.summary["verdict"]
    assert run.screen.splitlines()[-1] == f"report  {run.folder / 'report.html'}"


def test_a_model_that_cannot_be_trained_is_refused_and_not_trained_again(
    make_dataset: Any, tmp_path: Path
) -> None:
    small_dataset(make_dataset, tmp_path / "idx")
    weights = ("--set", "hyperparameters.weight_decay=1e6")
    spoilt = ("--data-dir", str(tmp_path / "idx"), *QUICK, *weights)
    output = tmp_path / "output"
    first = runs.run_here(output, *spoilt)
    words = "training stopped in epoch 1: the loss is nan, so the learning rate may be too high"
    at_once = runs.run_here(output, *spoilt)
    runs.forget_last(at_once)
    by_store = runs.run_here(output, *spoilt)
    for again, state in ((first, "done"), (at_once, "cached"), (by_store, "cached")):
        assert again.code == 3 and f"refused: {words}\n" in again.screen, again.screen
        assert again.summary["verdict"]["reason"] == words
        assert again.summary["verdict"]["failures"][0]["gate"] == "Trainer"
        assert list(again.states.items())[-1] == ("Trainer", state)
        assert again.report["summary"]["verdict"]["reason"] == words
        assert again.summary["training"]["history"] == {} and not again.summary["evaluation"]
    assert executions(output, Execution.FAILED) == []
    assert not any((output / "state").rglob("*.*"))


@pytest.fixture(scope="module")
def shuffled(make_dataset: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small dataset whose training labels are in no order."""
    folder = tmp_path_factory.mktemp("shuffled")
    pair = small_dataset(make_dataset, folder / "idx")
    labels = np.array(idx.read_labels(pair.labels, 0, pair.count))
    idx.write_idx(pair.labels, np.random.default_rng(1).permutation(labels))
    return folder / "idx"


@pytest.mark.slow
def test_a_model_trained_on_shuffled_labels_is_refused(shuffled: Path, tmp_path: Path) -> None:
    run = runs.run_here(tmp_path / "output", "--data-dir", str(shuffled), *QUICK)
    assert run.code == 3, run.screen
    verdict = run.summary["verdict"]
    assert verdict["outcome"] == "refused"
    assert verdict["failures"][0]["metric"] in ("accuracy", "auc_macro")
    assert verdict["failures"][0]["examples"] == 400
    assert any(f["slice"].startswith("label=") for f in verdict["failures"])
    assert f"refused: {verdict['reason']}" in run.screen
    assert not (run.output / "serving").exists()


@pytest.mark.slow
def test_a_run_that_ctrl_c_stopped_goes_on(shuffled: Path, tmp_path: Path) -> None:
    output, options = tmp_path / "output", ("--data-dir", str(shuffled), *QUICK)
    process = runs.start(output, *options)
    epochs = "state/transformer/trainer/*/epoch-*.weights.h5"
    screen = runs.kill_when(process, lambda: any(output.glob(epochs)), signal.SIGINT)
    assert process.returncode == 130, screen
    page = screen.splitlines()[-1].removeprefix("report  ")
    assert "stopped after" in Path(page).read_text()
    assert executions(output, Execution.RUNNING) == ["Trainer"]
    [half_written] = (output / "artifacts" / "transformer" / "Trainer" / "model").iterdir()

    run = runs.run_here(output, *options)
    assert run.states["MnistExampleGen"] == "cached" and run.states["Trainer"] == "done"
    assert executions(output, Execution.RUNNING) == []
    assert executions(output, Execution.CANCELED) == ["Trainer"]
    assert not half_written.exists() and any(half_written.parent.iterdir())
    assert len(run.summary["training"]["history"]["loss"]) == 2
    assert not any((output / "state" / "transformer" / "trainer").glob("*"))
