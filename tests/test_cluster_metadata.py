"""A whole run as a cluster has it: a process a node, several at once, one metadata server."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest

from kubeflow.names import VERDICT
from kubeflow.pod.plan import make_plan
from pipeline.metadata import store as metadata_store
from pipeline.settings import Settings, make_settings
from tests import runs
from tests.metadata_servers import MetadataServer, metadata_server

POD = """
from kfp import dsl
from kubeflow.pod import run_node
kinds = {"summary": dsl.Markdown, "metrics": dsl.Metrics, "report": dsl.HTML}
kinds["classification"] = dsl.ClassificationMetrics
shown = {name: kind(name, f"{folder}/{node}-{name}") for name, kind in kinds.items()}
run_node.run(settings, node, run_id, source, 0, **shown)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MetadataServer]:
    with metadata_server(tmp_path / "metadata.sqlite") as started:
        yield started


@pytest.fixture
def settings(tmp_path: Path, make_dataset: Any, server: MetadataServer) -> Settings:
    data = make_dataset(tmp_path / "idx", train=1500, test=400)
    zero = dict.fromkeys(("accuracy", "digit_accuracy", "stroke_accuracy", "auc"), 0)
    return make_settings(
        model="transformer",
        tuner="none",
        profile="smoke",
        data_dir=data,
        output=tmp_path / "output",
        training={"epochs": 2},
        gates={"cross_entropy": 9, **zero},
        metadata_store=server.address,
    )


class Pods:
    """Starts the tasks of a plan as soon as what they wait for has ended, two at once."""

    def __init__(self, plan: dict[str, Any], folder: Path) -> None:
        self.plan, self.folder = plan, folder
        self.codes: dict[str, int] = {}
        self.running: set[str] = set()
        self.together: set[frozenset[str]] = set()
        self.lock = threading.Lock()

    def pod(self, node: str) -> int:
        """Runs one task to its end."""
        values = {
            "settings": json.dumps(self.plan["settings"]),
            "node": node,
            "run_id": "a-run",
            "source": self.plan["source"],
            "folder": str(self.folder),
        }
        with self.lock:
            self.running.add(node)
            self.together.add(frozenset(self.running))
        given = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        with open(self.folder / f"{node}.log", "w") as log:
            done = subprocess.run(
                [sys.executable, "-c", given + POD],
                cwd=runs.PROJECT,
                env={**os.environ, "_KFP_RUNTIME": "true"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        with self.lock:
            self.running.remove(node)
            self.codes[node] = done.returncode
        return done.returncode

    def run(self) -> None:
        """Runs all tasks, and the verdict."""
        waiting = {node["id"]: set(node["upstream"]) for node in self.plan["nodes"]}
        waiting[VERDICT] = set(waiting)
        at_work: dict[futures.Future[int], str] = {}
        with futures.ThreadPoolExecutor(2) as pool:
            while waiting or at_work:
                ready = [n for n, needs in waiting.items() if needs <= self.codes.keys()]
                for node in ready:
                    del waiting[node]
                    at_work[pool.submit(self.pod, node)] = node
                ended, _ = futures.wait(at_work, return_when=futures.FIRST_COMPLETED)
                for one in ended:
                    node = at_work.pop(one)
                    said = (self.folder / f"{node}.log").read_text()
                    assert one.result() == 0, f"{node}: {said[-2000:]}"


def test_a_run_outlives_its_metadata_server(
    settings: Settings, server: MetadataServer, tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    pods = Pods(make_plan(settings), shown)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            pods.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    state = settings.state / "a-run" / "trainer"
    deadline = time.monotonic() + 300
    while not any(state.glob("*/epoch-*")) and thread.is_alive():  # the Trainer is at work
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.kill()
    time.sleep(1.0)
    server.start()
    thread.join()
    assert not failed, failed[0]
    assert {len(names) for names in pods.together} == {1, 2}

    summary = json.loads(settings.summary.read_text())
    assert summary["verdict"]["outcome"] == "pushed"
    assert Path(summary["pushed"], "saved_model.pb").exists()
    assert [node["state"] for node in summary["nodes"]] == ["done"] * len(pods.plan["nodes"])
    assert not (settings.state / "a-run").exists()
    address = metadata_store.connection(settings.metadata)
    with metadata_store.Handle(address) as handle:
        executions = handle.store.get_executions()
    assert len(executions) == len(pods.plan["nodes"])
