"""Runs whose pods share nothing but an object store and a metadata store."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.results.repeated import deviations
from components.results.summary import read_summary
from pipeline.config_file import write_plain
from pipeline.intake import on_data
from pipeline.settings import Settings, make_settings, to_plain
from tests import pods_here, runs
from tests.crash import cases
from tests.serving import asked_here
from tests.store_pods import OUTPUT, StorePods


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with pods_here.restored(monkeypatch):
        yield


@pytest.fixture
def settings(tmp_path: Path, make_dataset: Any) -> Settings:
    data = make_dataset(tmp_path / "idx", train=cases.TRAIN, test=cases.TEST)
    zero = dict.fromkeys(
        ("accuracy", "class_accuracy", "stroke_accuracy", "class_precision", "class_auc", "auc"), 0
    )
    return on_data(
        make_settings(
            model="transformer",
            tuner="random",
            profile="smoke",
            data_dir=data,
            output=OUTPUT,
            metadata_store=tmp_path / "metadata.sqlite",
            tuning={"max_trials": 2, "images": 200, "max_epochs": 1},
            training={"epochs": 4},
            hyperparameters={
                **cases.SMALL["transformer"],
                "batch_size": 8,
                "learning_rate": 0.01,
            },
            gates={"cross_entropy": 9, **zero},
        )
    )


@pytest.mark.slow
def test_a_run_without_a_volume_is_that_with_one(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods = StorePods(settings, tmp_path, monkeypatch)
    before = ("CuratedSchema", "MnistExampleGen", "StatisticsGen", "ExampleValidator", "DataGate")
    with asked_here():
        for node in (*before, "Tuner"):
            assert pods.run(node, "run-1") == 0, pods.said
        pods.kill("Trainer", "run-1", "state/transformer/run-1/trainer/*/epoch-*.weights.h5")
        codes = pods.run_all("run-1", but=(*before, "Tuner"))
        assert set(codes.values()) == {0}, pods.said
        first = pods.told("run-1")
        assert first.verdict.outcome == "pushed"
        assert first.pushed is not None
        assert first.pushed.startswith(f"{pods.store}/output/serving/transformer/")
        assert Path(first.pushed, "saved_model.pb").exists()
        assert not any((pods.store / "output" / "state").rglob("*.h5"))

        assert set(pods.run_all("run-2").values()) == {0}, pods.said
        second = pods.told("run-2")
        states = {node.node: node.state for node in second.nodes}
        # A Resolver has no cache, and that there is a baseline now is new to the Evaluator.
        print(states)

        pods.settings = dataclasses.replace(settings, seed=2)
        assert set(pods.run_all("run-3").values()) == {0}, pods.said
        third = pods.told("run-3")
        print([n for n in third.nodes])
        assert third.evaluation and first.evaluation
        print(third.evaluation.baseline)

    output = tmp_path / "local"
    file = tmp_path / "repeat.toml"
    plain = {**to_plain(settings), "output": str(output), "metadata_store": "none"}
    write_plain(plain, file)
    run = runs.run_here(output, "--config", str(file))
    print(run)
    there = read_summary(output / "transformer" / "summary.json")
    assert deviations(first, there) == []
