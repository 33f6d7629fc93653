"""Runs whose pods share nothing but an object store and a metadata store."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.results.summary import Summary, read_summary
from modules.util.files import write_json
from pipeline.config_file import write_plain
from pipeline.intake import on_data
from pipeline.settings import Settings, make_settings, to_plain
from tests import pods_here, runs
from tests.crash import cases
from tests.serving import asked_here
from tests.store_pods import OUTPUT, StorePods, three_runs

FIRST = ("CuratedSchema", "MnistExampleGen", "StatisticsGen", "ExampleValidator", "DataGate")


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with pods_here.restored(monkeypatch):
        yield


def make(folder: Path, data: Path, **values: Any) -> Settings:
    return on_data(
        make_settings(
            model="transformer",
            profile="smoke",
            data_dir=data,
            output=OUTPUT,
            metadata_store=folder / "metadata.sqlite",
            **values,
        )
    )


@pytest.fixture
def pods(tmp_path: Path, make_dataset: Any, monkeypatch: pytest.MonkeyPatch) -> StorePods:
    data = make_dataset(tmp_path / "idx", train=600, test=400)
    return StorePods(make(tmp_path, data, tuner="none"), tmp_path, monkeypatch)


def test_each_pod_finds_in_the_store_what_the_others_made(
    pods: StorePods, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts = pods.store / "output" / "artifacts" / "transformer"
    for node in FIRST:
        assert pods.run(node, "run-1") == 0, pods.said
    assert pods.run("MnistExampleGen", "run-1") == 0, pods.said  # a second try of what is done
    [examples] = (artifacts / "MnistExampleGen" / "examples").iterdir()
    assert f"| `{examples}` |" in (tmp_path / "shown" / "run-1" / "MnistExampleGen.md").read_text()
    [anomalies] = (artifacts / "ExampleValidator" / "anomalies").iterdir()
    assert (anomalies / "gate.json").exists()  # which the gate wrote beside what it judged

    # Another run takes from the cache what is whole there, and makes the rest again.
    [known] = (pods.store / "whole").glob("*--StatisticsGen--statistics--*.json")
    known.unlink()
    for node, state in (("MnistExampleGen", "cached"), ("StatisticsGen", "done")):
        assert pods.run(node, "run-2") == 0, pods.said
        assert pods.said[-1].split()[:2] == [state, node]
    told = pods.told("run-2")
    assert (told.run, told.verdict.outcome) == ("run-2", "unfinished")


def test_what_does_not_belong_together_is_told(pods: StorePods, tmp_path: Path) -> None:
    assert pods.run("CuratedSchema") == 0, pods.said
    # A metadata store that has forgotten everything would number its artifacts from 1 again.
    other = dataclasses.replace(pods.settings, metadata_store=str(tmp_path / "other.sqlite"))
    pods.settings, settings = other, pods.settings
    assert pods.run("CuratedSchema") == 1
    assert "belongs to another metadata store, whose artifacts would be overwritten" in pods.end
    # A store that has nothing of what the metadata store knows.
    pods.settings = settings
    moved = pods.store.rename(tmp_path / "moved")
    assert pods.run("CuratedSchema", "run-2") == 0  # of the same name: all is made again
    assert pods.said[-1].split()[0] == "done"
    pods._patch.setenv("TRIPTYCH_STORE_HERE", str(tmp_path / "another"))
    assert pods.run("CuratedSchema", "run-3") == 1
    assert f"is that of runs with the object store {pods.store}/output; give runs" in pods.end
    # What was moved there whole goes on as it was.
    shutil.rmtree(tmp_path / "another", ignore_errors=True)
    moved.rename(tmp_path / "another")
    assert pods.run("CuratedSchema", "run-4") == 0, pods.said


def test_a_pod_with_a_volume_is_told(pods: StorePods, tmp_path: Path) -> None:
    write_json(tmp_path / "pod-1" / "output" / "dataset.json", {})
    assert pods.run("CuratedSchema") == 1
    assert "is not empty: a pod that keeps its files in" in pods.end


def test_data_come_from_the_store(pods: StorePods, tmp_path: Path) -> None:
    data = pods.settings.data_dir
    pods.settings = dataclasses.replace(pods.settings, data_dir=Path("/mnt/triptych/letters"))
    assert pods.run("MnistExampleGen") == 1
    assert f"has no data at {pods.store}/letters; copy there the folder" in pods.end
    told = pods.told("run-1").verdict  # by a pod whose node never began
    assert told.outcome == "failed" and told.reason.startswith("MnistExampleGen: the object store")
    shutil.copytree(data, pods.store / "letters")
    assert pods.run("MnistExampleGen") == 0, pods.said


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_without_a_volume_is_that_with_one(
    tmp_path: Path, make_dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_dataset(tmp_path / "idx", train=cases.TRAIN, test=cases.TEST)
    figures = ("accuracy", "class_accuracy", "stroke_accuracy", "class_precision", "class_auc")
    small = {**cases.SMALL["transformer"], "batch_size": 8, "learning_rate": 0.01}
    settings = make(
        tmp_path,
        data,
        tuner="random",
        tuning={"budget": 400, "images": 200, "max_epochs": 1},
        training={"epochs": 4},
        hyperparameters=small,
        gates={"cross_entropy": 9, "accuracy_drop": 1, **dict.fromkeys((*figures, "auc"), 0)},
    )
    pods = StorePods(settings, tmp_path, monkeypatch)
    with asked_here():
        first, _, third = three_runs(pods)
    assert first.training and first.tuning and third.evaluation

    there = with_a_folder(pods.settings, tmp_path / "seed-2")
    assert there.evaluation and there.verdict.outcome == third.verdict.outcome
    assert there.tuning and third.tuning and there.tuning.trials == third.tuning.trials
    mine, theirs = third.evaluation.figures, there.evaluation.figures
    assert mine.keys() == theirs.keys()
    assert mine == pytest.approx(theirs, rel=0.02, abs=0.02)
    # One that was killed sees other orders of images from there on.
    assert len(first.training.history["val_loss"]) == 4


def with_a_folder(settings: Settings, folder: Path) -> Summary:
    """The same run in a folder of its own."""
    plain = {**to_plain(settings), "metadata_store": "none"}
    write_plain(plain, folder.with_suffix(".toml"))
    ran = runs.run_here(folder / "output", "--config", str(folder.with_suffix(".toml")))
    assert ran.code == 0, ran.screen
    return read_summary(folder / "output" / settings.family / "summary.json")
