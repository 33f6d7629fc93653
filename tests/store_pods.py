"""Pods that share nothing but an object store: each has a folder of its own, which dies with it."""

import dataclasses
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from components.results.summary import Summary, read_summary
from kubeflow.names import STORE, STORE_ENDPOINT, STORE_HERE, VERDICT, VOLUME
from kubeflow.pod.plan import make_plan
from kubeflow.store.address import parse
from kubeflow.store.files import Files
from pipeline.settings import Settings, to_plain
from tests import pods_here, runs

_POD = """
import json, os, sys
from types import SimpleNamespace
from kubeflow.pod import run_node
from kubeflow.store import growing
from tests import rehearsals
rehearsals.leave_out()
growing.SECONDS = 0.2
given = json.load(sys.stdin)
run_node.run(**given, gpus=0, summary=SimpleNamespace(path=os.devnull))
"""


class StorePods(pods_here.Pods):
    """Runs the tasks of one compiled file, each in a folder of its own.

    Args:
        settings: as compiled, with its output on the volume.
        folder: for the store, the pods' folders and what KFP would show.
        monkeypatch: sets what a pod has in its environment.
        store: the address of the store and its server's URL; none for a folder.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        store: str = "",
        endpoint: str = "",
    ) -> None:
        super().__init__(settings, folder / "shown")
        self.store = folder / "store"
        self.cost: list[str] = []  # what each pod says of the store
        self._patch = monkeypatch
        self._volumes = (folder / f"pod-{number}" for number in itertools.count(1))
        monkeypatch.setenv(STORE, store)
        monkeypatch.setenv(STORE_ENDPOINT, endpoint)
        monkeypatch.setenv(STORE_HERE, "" if store else str(self.store))
        self.files = Files(parse(store or str(self.store)), endpoint)

    def run(self, node: str, run_id: str = "run-1", **changes: Any) -> int:
        """See the base class; the pod's folder is gone afterwards."""
        volume = next(self._volumes)
        self._patch.setenv("TRIPTYCH_VOLUME", str(volume))
        begun = not (volume / "output").exists()
        code = super().run(node, run_id, **changes)
        self.cost += [f"{node}: {line[9:]}" for line in self.said if line[9:15] == "store:"]
        self.said = [line for line in self.said if line[9:15] != "store:"]
        assert (volume / "output").exists() != begun
        return code

    def run_all(self, run_id: str, but: tuple[str, ...] = ()) -> dict[str, int]:
        """Runs all tasks of a run, but for some; gives the exit code of each."""
        nodes = [*(node["id"] for node in make_plan(self.settings)["nodes"]), VERDICT]
        return {node: self.run(node, run_id) for node in nodes if node not in but}

    def kill(self, node: str, run_id: str, folder: str, end: str) -> None:
        """Starts a task as a process of its own, and kills it when a file is in the store.

        Args:
            node: of the task.
            run_id: of the run.
            folder: the key of the folder that the file is below.
            end: of the file's name.
        """
        volume = next(self._volumes)
        given = {
            "settings": json.dumps(to_plain(self.settings)),
            "source": self.source,
            "node_id": node,
            "run_id": run_id,
        }
        with subprocess.Popen(
            [sys.executable, "-c", _POD],
            cwd=runs.PROJECT,
            env={**os.environ, "TRIPTYCH_VOLUME": str(volume)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(given))
            process.stdin.close()
            deadline = time.monotonic() + 900
            while not any(key.endswith(end) for key in self.files.listing(folder)):
                assert time.monotonic() < deadline and process.poll() is None, process.stdout.read()
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)

    def told(self, run_id: str) -> Summary:
        """What the store has on a run."""
        key = f"output/{self.settings.family}/{run_id}/summary.json"
        self.files.down([(key, self.folder / f"{run_id}.json")])
        return read_summary(self.folder / f"{run_id}.json")


def three_runs(pods: StorePods) -> tuple[Summary, Summary, Summary]:
    """A run that is killed in its training, the same again, and one of another seed."""
    plan = [node["id"] for node in make_plan(pods.settings)["nodes"]]
    before = tuple(plan[: plan.index("Trainer")])
    for node in before:
        assert pods.run(node, "run-1") == 0, pods.said
    state = f"output/state/{pods.settings.family}/run-1/trainer"
    pods.kill("Trainer", "run-1", state, ".weights.h5")
    assert set(pods.run_all("run-1", but=before).values()) == {0}, pods.said
    assert set(pods.run_all("run-2").values()) == {0}, pods.said
    pods.settings = dataclasses.replace(pods.settings, seed=pods.settings.seed + 1)
    assert set(pods.run_all("run-3").values()) == {0}, pods.said
    first, second, third = map(pods.told, ("run-1", "run-2", "run-3"))

    assert first.verdict.outcome == "pushed" and first.pushed is not None
    assert first.pushed.startswith(f"{pods.files.address}/output/serving/{pods.settings.family}/")
    version = first.pushed.removeprefix(f"{pods.files.address}/")
    assert f"{version}/saved_model.pb" in pods.files.listing(version)
    assert pods.files.listing("output/state") == {}
    # A Resolver finds its model anew in each run.
    assert states(second) == dict.fromkeys(states(first), "cached") | {"Baseline": "done"}
    assert second.verdict == first.verdict
    trained = next(dict(node.outputs)["model"] for node in first.nodes if node.node == "Trainer")
    assert third.evaluation is not None
    assert third.evaluation.baseline == "/".join(Path(trained).parts[-3:])
    page = f"output/{pods.settings.family}/run-3/report.html"
    assert b"</html>" in (pods.files.read(page) or b"")
    return first, second, third


def states(summary: Summary) -> dict[str, str]:
    """What became of each node."""
    return {node.node: node.state for node in summary.nodes}


OUTPUT = Path(VOLUME, "output")
