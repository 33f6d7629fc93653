"""Pods that share nothing but an object store: each has a folder of its own, which dies with it."""

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
from kubeflow.names import STORE_HERE, VERDICT, VOLUME
from kubeflow.pod.plan import make_plan
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
        store: the address of the store; None for a folder.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        store: str | None = None,
    ) -> None:
        super().__init__(settings, folder / "shown")
        self.store = folder / "store"
        self._folder, self._patch = folder, monkeypatch
        self._volumes = (folder / f"pod-{number}" for number in itertools.count(1))
        monkeypatch.setenv(STORE_HERE, store or str(self.store))

    def run(self, node: str, run_id: str = "run-1", **changes: Any) -> int:
        """See the base class; the pod's folder is gone afterwards."""
        volume = next(self._volumes)
        self._patch.setenv("TRIPTYCH_VOLUME", str(volume))
        begun = not (volume / "output").exists()
        code = super().run(node, run_id, **changes)
        self.said = [line for line in self.said if line[9:15] != "store:"]
        assert (volume / "output").exists() != begun
        return code

    def run_all(self, run_id: str, but: tuple[str, ...] = ()) -> dict[str, int]:
        """Runs all tasks of a run, but for some; gives the exit code of each."""
        nodes = [*(node["id"] for node in make_plan(self.settings)["nodes"]), VERDICT]
        return {node: self.run(node, run_id) for node in nodes if node not in but}

    def kill(self, node: str, run_id: str, when: str) -> None:
        """Starts a task as a process of its own, and kills it when a file is in the store.

        Args:
            node: of the task.
            run_id: of the run.
            when: a pattern below the store's output folder.
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
            deadline = time.monotonic() + 300
            while not any((self.store / "output").glob(when)):
                assert time.monotonic() < deadline and process.poll() is None, process.stdout.read()
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)

    def told(self, run_id: str) -> Summary:
        """What the store has on a run."""
        return read_summary(self.store / "output" / self.settings.family / run_id / "summary.json")


OUTPUT = Path(VOLUME, "output")
