"""Starting the local runner as a person does: a process of its own."""

import dataclasses
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from components import ask_model

PROJECT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(PROJECT / "local_runner.py")]


@dataclasses.dataclass(frozen=True)
class Run:
    """A run that has ended: its exit code, what was on the screen, and its summary."""

    code: int
    screen: str
    output: Path
    model: str = "transformer"

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.output / self.model / "summary.json").read_text())

    @property
    def states(self) -> dict[str, str]:
        return {node["node"]: node["state"] for node in self.summary["nodes"]}


def start(output: Path, *arguments: str) -> subprocess.Popen[str]:
    """Starts a run in a folder that is not the project's."""
    output.parent.mkdir(parents=True, exist_ok=True)
    return _start([*COMMAND, "--output", str(output), *arguments], output.parent)


def start_code(code: str, arguments: dict[str, Any], folder: Path) -> subprocess.Popen[str]:
    """Starts Python code in a process of its own, with `arguments` as a dict of that name."""
    file = folder / "arguments.json"
    file.write_text(json.dumps(arguments))
    read = f"import json; arguments = json.load(open({str(file)!r}))\n"
    return _start([sys.executable, "-c", read + code], PROJECT)


def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A shell starts what it puts in the background deaf to Ctrl-C, and children inherit that.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def run(output: Path, *arguments: str) -> Run:
    """Runs to the end."""
    process = start(output, *arguments)
    screen, _ = process.communicate(timeout=600)
    given = dict(zip(arguments, arguments[1:], strict=False))
    return Run(process.returncode, screen, output, given.get("--model", Run.model))


def ask(
    model: str | Path, folder: Path, requests: ask_model.Tensors, timeout: float = 300.0
) -> ask_model.Tensors:
    """Asks signatures of an exported model in a fresh process.

    Args:
        model: the folder of the SavedModel.
        folder: for the files of question and answer.
        requests: inputs by name, by signature.
        timeout: seconds.

    Returns:
        Outputs by name, by signature.
    """
    asked, answered = folder / "asked.npz", folder / "answered.npz"
    np.savez(asked, **ask_model.pack(requests))
    subprocess.run(
        [sys.executable, "-m", "components.ask_model", model, asked, answered],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        timeout=timeout,
    )
    with np.load(answered, allow_pickle=False) as flat:
        return ask_model.unpack(dict(flat))


def kill_when(process: subprocess.Popen[str], ready: Callable[[], bool], how: int) -> None:
    """Sends a signal to a run and its children as soon as something is so."""
    deadline = time.monotonic() + 300
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"never ready: {process.communicate()[0]}")
        time.sleep(0.05)
    os.killpg(process.pid, how)
    process.communicate(timeout=60)
