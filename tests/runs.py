"""Starting the local runner: as a person does, in a process of its own, or in this one.

In both environments: nothing here imports what only one of them has.
"""

import contextlib
import dataclasses
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO
from unittest import mock

import local_runner
from tests import rehearsals, serving
from tests.commands import HEARING_CTRL_C

PROJECT = Path(__file__).resolve().parent.parent
_HAS_TFX = importlib.util.find_spec("tfx") is not None
PYTHON = sys.executable if _HAS_TFX else str(PROJECT / ".venv" / "bin" / "python")
COMMAND = [PYTHON, str(PROJECT / "local_runner.py")]


@dataclasses.dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        code: its exit code.
        screen: what was on it.
        output: its folder, which later runs may have changed since.
        model: the family.
        summary: what it wrote as summary.json; empty when it wrote none.
    """

    code: int
    screen: str
    output: Path
    model: str
    summary: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Its own, which no later run changes."""
        return self.output / self.model / str(self.summary["run"])

    @property
    def report(self) -> dict[str, Any]:
        """What it wrote as report.json, when its page is there, too."""
        assert "</html>" in (self.folder / "report.html").read_text()
        return dict(json.loads((self.folder / "report.json").read_text()))

    @property
    def states(self) -> dict[str, str]:
        return {node["node"]: node["state"] for node in self.summary["nodes"]}


def start(output: Path, *arguments: str) -> subprocess.Popen[str]:
    """Starts a run in a folder that is not the project's."""
    output.parent.mkdir(parents=True, exist_ok=True)
    return _start([*COMMAND, "--output", str(output), *arguments], output.parent)


def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*HEARING_CTRL_C, *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(output: Path, *arguments: str) -> Run:
    """Runs to the end, in a process of its own, which a test that is given up takes along."""
    process = start(output, *arguments)
    try:
        screen, _ = process.communicate(timeout=600)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return _ended(process.returncode, screen, output, arguments)


def run_here(output: Path, *arguments: str) -> Run:
    """Runs to the end in this process, which has what takes seconds to import already.

    It asks the model here, too, and rehearses no training: runs in processes of their own ask in
    another fresh one, and rehearse.
    """
    with (
        _caught() as screen,
        mock.patch.dict(os.environ),
        serving.asked_here(),
        rehearsals.left_out(),
    ):
        code = local_runner.main(["--output", str(output), *arguments])
        screen.seek(0)
        return _ended(code, screen.read(), output, arguments)


@contextlib.contextmanager
def _caught() -> Iterator[TextIO]:
    """Sends what this process prints to a file, also what is printed below Python."""
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile("w+", buffering=1) as file:
        try:
            for descriptor in (1, 2):
                os.dup2(file.fileno(), descriptor)
            with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
                yield file
        finally:
            for descriptor, before in zip((1, 2), kept, strict=True):
                os.dup2(before, descriptor)
                os.close(before)


def _ended(code: int, screen: str, output: Path, arguments: tuple[str, ...]) -> Run:
    model = dict(zip(arguments, arguments[1:], strict=False)).get("--model", "transformer")
    summary = output / model / "summary.json"
    # After bad input it would be that of the run before.
    told = json.loads(summary.read_text()) if code != 2 and summary.exists() else {}
    return Run(code, screen, output, model, told)


def forget_last(run: Run) -> None:
    """Lets the next run of the same settings ask the metadata store, node by node."""
    (run.output / run.model / "latest" / "unchanged.json").unlink()


def kill_when(process: subprocess.Popen[str], ready: Callable[[], bool], how: int) -> str:
    """Sends a signal to a run and its children as soon as something is so; returns the screen."""
    deadline = time.monotonic() + 300
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"never ready: {process.communicate()[0]}")
        time.sleep(0.05)
    os.killpg(process.pid, how)
    return process.communicate(timeout=60)[0]
