"""A run as a cluster has it: a pod at work, and one metadata server, which dies on the way.

The pod that this is about is a process of its own; the others do their work in this one.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubeflow.names import VERDICT
from kubeflow.pod.plan import make_plan
from pipeline.intake import on_data
from pipeline.metadata import store as metadata_store
from pipeline.settings import Settings, make_settings, to_plain
from tests import pods_here, runs
from tests.crash import cases
from tests.metadata_servers import MetadataServer, metadata_server
from tests.serving import asked_here

POD = """
from kfp import dsl
from kubeflow.pod import run_node
from tests import rehearsals
rehearsals.leave_out()  # which have nothing to do with the server
summary = dsl.Markdown("summary", f"{folder}/{node}-summary")
run_node.run(settings, node, run_id, source, 0, summary=summary)
"""
RUN_ID = "a-run"


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with pods_here.restored(monkeypatch):
        yield


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MetadataServer]:
    with metadata_server(tmp_path / "metadata.sqlite") as started:
        yield started


@pytest.fixture
def settings(tmp_path: Path, make_dataset: Any, server: MetadataServer) -> Settings:
    data = make_dataset(tmp_path / "idx", train=cases.TRAIN, test=cases.TEST)
    zero = dict.fromkeys(
        ("accuracy", "class_accuracy", "stroke_accuracy", "class_precision", "class_auc", "auc"), 0
    )
    return on_data(
        make_settings(
            model="transformer",
            tuner="none",
            profile="smoke",
            data_dir=data,
            output=tmp_path / "output",
            training={"epochs": 4},
            hyperparameters={
                **cases.SMALL["transformer"],
                "batch_size": 8,
                "learning_rate": 0.01,
            },
            gates={"cross_entropy": 9, **zero},
            metadata_store=server.address,
        )
    )


class Pods(pods_here.Pods):
    """Runs the tasks of one run, each in this process or in one of its own."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(settings, folder)
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, node: str) -> subprocess.Popen[bytes]:
        """Starts a task in a process of its own; the file NODE.log gets what it says."""
        values = {
            "settings": json.dumps(to_plain(self.settings)),
            "node": node,
            "run_id": RUN_ID,
            "source": self.source,
            "folder": str(self.folder),
        }
        given = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        with open(self.folder / f"{node}.log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", given + POD],
                cwd=runs.PROJECT,
                env={**os.environ, "_KFP_RUNTIME": "true"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.started.append(process)
        return process

    def wait(self, **started: subprocess.Popen[bytes]) -> None:
        """Waits until tasks have ended, by their nodes, and each has done its work."""
        for node, process in started.items():
            code = process.wait(timeout=300)
            assert code == 0, (self.folder / f"{node}.log").read_text()[-2000:]

    def do(self, *nodes: str) -> None:
        """Runs tasks in this process, one after another."""
        for node in nodes:
            assert self.run(node, RUN_ID) == 0, self.said


@pytest.fixture
def pods(settings: Settings, tmp_path: Path) -> Iterator[Pods]:
    folder = tmp_path / "shown"
    folder.mkdir()
    pods = Pods(settings, folder)
    yield pods
    for process in pods.started:
        process.kill()


def test_a_run_outlives_its_metadata_server(
    pods: Pods, settings: Settings, server: MetadataServer
) -> None:
    pods.do("CuratedSchema", "MnistExampleGen", "StatisticsGen", "ExampleValidator", "DataGate")

    trainer = pods.start("Trainer")
    deadline = time.monotonic() + 300
    while not any((settings.state / RUN_ID / "trainer").glob("*/epoch-*")):  # it is at work
        assert trainer.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    server.kill()
    time.sleep(1.0)
    assert trainer.poll() is None
    server.start()
    pods.wait(Trainer=trainer)

    with asked_here():
        pods.do("Baseline", "Evaluator", "Inspector", "ServingCheck", "Pusher", VERDICT)

    summary = pods.summary(RUN_ID)
    assert summary.verdict.outcome == "pushed"
    assert summary.pushed and Path(summary.pushed, "saved_model.pb").exists()
    planned = {node["id"] for node in make_plan(settings)["nodes"]}
    assert {node.node: node.state for node in summary.nodes} == dict.fromkeys(planned, "done")
    assert not (settings.state / RUN_ID).exists()
    address = metadata_store.connection(settings.metadata)
    with metadata_store.Handle(address) as handle:
        executions = handle.store.get_executions()
    assert len(executions) == len(planned)
