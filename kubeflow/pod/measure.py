"""Measures how much memory each task of a pipeline needs, for what its pod requests.

    .venv/bin/python -m kubeflow.pod.measure --model transformer --profile smoke

Each task runs as in a pod, in a process of its own, one after the other, in a folder that is new.
What is measured is the most memory that the process and those that it started had at one time, as
the kernel counts it for each of them (RSS): what they share counts for each, so it is rather too
much. The row of the family and the profile goes into kubeflow/compiling/measured.json, which
kubeflow/compile.py reads.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from components.readers.reader import BadDataset
from modules.contract.paths import path_argument
from modules.util import environment
from modules.util.files import write_json
from pipeline import options as run_options
from pipeline.exit_codes import ExitCode
from pipeline.intake import on_data
from pipeline.settings import BadSetting, Layer, Settings, make_settings, to_plain

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "kubeflow" / "compiling" / "measured.json"
_PAUSE = 0.05  # seconds between two looks
_TASK = """
import json, sys
from types import SimpleNamespace
from kubeflow.pod import run_node
told = json.loads(sys.argv[1])
shown = {name: SimpleNamespace(path=path) for name, path in told.pop("shown").items()}
run_node.run(**told, **shown)
"""


class Unmeasured(Exception):
    """A task that failed; the message has its last words."""


def main(arguments: list[str] | None = None) -> int:
    """Measures, writes the row, and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="kubeflow.pod.measure",
        description="Measures how much memory each task of a pipeline needs.",
    )
    run_options.add_options(parser)
    parser.add_argument(
        "--table", type=path_argument, default=TABLE, help="the file to write the row into"
    )
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="measure-") as folder:
            layers = (*run_options.given(options), Layer({"output": f"{folder}/output"}))
            settings = on_data(make_settings(*layers))
            peaks = dict(measure(settings, Path(folder)))
    except (BadSetting, BadDataset) as error:
        sys.stderr.write(f"kubeflow.pod.measure: {error}\n")
        return ExitCode.BAD_INPUT
    except Unmeasured as error:
        sys.stderr.write(f"kubeflow.pod.measure: {error}\n")
        return ExitCode.FAILED
    words = shlex.join(sys.argv[1:] if arguments is None else arguments)
    add_row(options.table, settings, f".venv/bin/python -m kubeflow.pod.measure {words}", peaks)
    return ExitCode.PUSHED


def measure(settings: Settings, folder: Path) -> Iterator[tuple[str, int]]:
    """Runs the tasks of a pipeline, one by one.

    Args:
        settings: of a run into a new output folder; its data have been looked at.
        folder: for what KFP's UI would show.

    Yields:
        The id of each node, and of the last task, with its peak in MiB.

    Raises:
        Unmeasured: a task failed.
    """
    from tfx.dsl.compiler import compiler

    from kubeflow.names import VERDICT
    from kubeflow.pod.run_node import source_of
    from pipeline.dag import create_pipeline

    ir = compiler.Compiler().compile(create_pipeline(settings))
    told: dict[str, Any] = {
        "settings": json.dumps(to_plain(settings)),
        "run_id": "measured",
        "source": source_of(settings.family),
        "gpus": 0,
    }
    for node_id in [*(node.pipeline_node.node_info.id for node in ir.nodes), VERDICT]:
        shown = {"summary": str(folder / node_id)}
        if node_id == "Pusher":
            shown["report"] = str(folder / "report")
        task = json.dumps({**told, "node_id": node_id, "shown": shown})
        with open(folder / "said", "w+", encoding="utf-8") as said:
            code, peak = peak_of([sys.executable, "-c", _TASK, task], said)
            said.seek(0)
            last = said.read().strip().rpartition("\n")[2]
        if code not in (ExitCode.PUSHED, ExitCode.REFUSED):
            raise Unmeasured(f"{node_id} ended with {code}: {last}")
        sys.stdout.write(f"{node_id:<18} {peak:>6,} MiB\n")
        sys.stdout.flush()
        yield node_id, peak


def add_row(table: Path, settings: Settings, command: str, peaks: dict[str, int]) -> None:
    """Writes the row of a family and a profile, in place of an earlier one."""
    rows = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
    family = rows.setdefault(settings.family, {})
    family[settings.profile] = {
        "command": command,
        "cores": len(os.sched_getaffinity(0)),
        "peak_mib": peaks,
    }
    write_json(table, rows)


def peak_of(command: list[str], said: TextIO) -> tuple[int, int]:
    """Runs a command in the project's folder.

    Args:
        command: its words.
        said: gets all that it prints.

    Returns:
        Its exit code, and the most memory that it and those below it had at one time, in MiB.
    """
    child = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
    most = 0
    try:
        while child.poll() is None:
            most = max(most, sum(map(_resident, _family(child.pid))))
            time.sleep(_PAUSE)
    finally:
        child.kill()
        child.wait()
    return child.returncode, most // 1024


def _family(process: int) -> Iterator[int]:
    """A process, and all that it and those below it started."""
    yield process
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _resident(process: int) -> int:
    """In KiB; 0 for a process that has just ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


if __name__ == "__main__":
    environment.configure("3")
    sys.exit(main())
