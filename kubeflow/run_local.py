"""Executes a compiled file on this machine with kfp.local, then compares with local_runner.py.

It is the same file that a cluster gets. Two things stand in for the cluster: a folder for the
volume or the object store, and a metadata server on this machine. Runs in kfp's environment; the
tasks run in TFX's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components.results.summary import Summary, read_summary  # noqa: E402
from kubeflow import stand_in  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.util import environment  # noqa: E402
from pipeline.config_file import write_plain  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402

_OF_A_POD = re.compile(
    r" +(done|cached|refused|failed) |\d\d:\d\d:\d\d (devices|store:|refused|failed)"
)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="kubeflow/run_local.py",
        description="Executes a compiled file on this machine with kfp.local, then compares with "
        "local_runner.py.",
        epilog="The exit code is that of the run, as with local_runner.py; 1 if the two differ.",
    )
    add = parser.add_argument
    add("file", type=path_argument, help="a file that kubeflow/compile.py wrote")
    add(
        "--volume",
        type=path_argument,
        help="the folder to use as the volume, or for the store (default: FILE without .yaml)",
    )
    add("--no-compare", action="store_true", help="do not run local_runner.py afterwards")
    add(
        "--tfx-python",
        default=str(ROOT / ".venv" / "bin" / "python"),
        help="the interpreter of TFX's environment (default: .venv/bin/python)",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Executes, compares, and returns the exit code."""
    options = parse(arguments)
    if not options.file.is_file():
        sys.stderr.write(f"kubeflow/run_local.py: there is no file {options.file}\n")
        return ExitCode.BAD_INPUT
    if shutil.which(options.tfx_python) is None:
        sys.stderr.write(
            f"kubeflow/run_local.py: {options.tfx_python} does not run; run `make setup`\n"
        )
        return ExitCode.BAD_INPUT
    from kubeflow.lint import find_problems

    problems = find_problems(options.file)
    for problem in problems:
        sys.stderr.write(f"kubeflow/run_local.py: {options.file}: {problem}\n")
    if problems:
        return ExitCode.BAD_INPUT
    volume = (options.volume or options.file.with_suffix("")).absolute()
    settings = settings_of(options.file)
    stand_in.prepare(options.file, volume, ROOT)
    summary = Path(stand_in.lasting(settings["output"]), settings["model"], "summary.json")
    summary.parent.mkdir(parents=True, exist_ok=True)
    summary.unlink(missing_ok=True)
    log = volume / "kfp.log"
    with metadata_server(options.tfx_python, settings, volume):
        succeeded = execute(options.file, options.tfx_python, volume / "kfp", log)
    if not summary.exists():
        sys.stdout.write(f"failed: a task failed, and the log says why\nlog     {log}\n")
        return ExitCode.FAILED
    here = read_summary(summary)
    sys.stdout.write(f"{here.verdict}\n")
    sys.stdout.write(f"summary {summary}\n")
    code = here.verdict.exit_code
    if succeeded != (code == ExitCode.PUSHED):
        sys.stdout.write(f"failed: the verdict and kfp disagree on the outcome\nlog     {log}\n")
        return ExitCode.FAILED
    if options.no_compare:
        return code
    there = run_runner(options.tfx_python, settings, volume / "local_runner")
    if there is None:
        return ExitCode.FAILED
    from components.results.repeated import deviations

    found = deviations(here, there)
    for line in found:
        sys.stdout.write(f"differs: {line}\n")
    if not found:
        sys.stdout.write("same as local_runner.py: verdict, hyperparameters, figures\n")
    return ExitCode.FAILED if found else code


def settings_of(file: Path) -> dict[str, Any]:
    """The settings that a compiled file gives its tasks."""
    from kubeflow.compiling import compiled

    _, _, tasks = compiled.read(file)
    return json.loads(tasks[0].constants["settings"])


@contextlib.contextmanager
def metadata_server(python: str, settings: dict[str, Any], volume: Path) -> Iterator[None]:
    """Starts a metadata server if the file needs one, and gives its address to the tasks."""
    if not settings["metadata_store"].startswith("grpc://"):
        yield
        return
    command = [python, "-m", "kubeflow.metadata.server", "--port", "0"]
    server = subprocess.Popen(
        [*command, "--database", str(volume / "metadata.sqlite")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        port = re.search(r"port (\d+)", said)
        if port is None:
            raise SystemExit(f"kubeflow/run_local.py: the metadata server did not start: {said}")
        os.environ["TRIPTYCH_METADATA"] = f"grpc://localhost:{port[1]}"
        yield
    finally:
        os.environ.pop("TRIPTYCH_METADATA", None)
        server.terminate()
        server.wait(timeout=30)


class _Screen:
    """Standard output while kfp.local works: all goes to the log, the pods' lines also here."""

    def __init__(self, log: TextIO, screen: TextIO) -> None:
        self.log, self.screen, self.kept = log, screen, ""

    def write(self, text: str) -> int:
        self.log.write(text)
        *lines, self.kept = (self.kept + text).split("\n")
        for line in lines:
            if _OF_A_POD.match(line):
                self.screen.write(f"  {line.strip()}\n")
                self.screen.flush()
        return len(text)

    def flush(self) -> None:
        self.log.flush()


def execute(file: Path, python: str, root: Path, log: Path) -> bool:
    """Runs every task of a compiled file, and returns whether all succeeded.

    Args:
        file: the compiled pipeline.
        python: the interpreter for the tasks.
        root: the folder for what KFP's UI would show.
        log: the file for everything that is printed.
    """
    # kfp starts its tasks by the interpreter that it believes is its own.
    ours, sys.executable = sys.executable, python
    started = time.monotonic()
    with open(log, "w", encoding="utf-8", buffering=1) as written:
        screen: Any = _Screen(written, sys.stdout)
        with contextlib.redirect_stdout(screen), warnings.catch_warnings():
            # That the image is not called python, and what kfp says to its own maintainers.
            warnings.simplefilter("ignore")
            from kfp import components, local

            handler = logging.StreamHandler(written)
            logging.getLogger().addHandler(handler)
            try:
                local.init(
                    local.SubprocessRunner(use_venv=False),
                    pipeline_root=str(root),
                    raise_on_error=True,
                )
                components.load_component_from_file(str(file))()
                succeeded = True
            except RuntimeError as error:
                written.write(f"{error}\n")
                succeeded = False
            finally:
                sys.executable = ours
                logging.getLogger().removeHandler(handler)
    sys.stdout.write(f"kfp.local: {time.monotonic() - started:.0f} s\n")
    return succeeded


def run_runner(python: str, settings: dict[str, Any], output: Path) -> Summary | None:
    """Runs local_runner.py with the same settings, and reads its summary.

    Args:
        python: the interpreter of TFX's environment.
        settings: of the compiled file.
        output: the folder for that run.

    Returns:
        Its summary; None when it failed, which is printed.
    """
    sys.stdout.write("now with local_runner.py:\n")
    sys.stdout.flush()
    file = output / "repeat.toml"
    write_plain(settings_here(settings, output), file)
    done = subprocess.run([python, "local_runner.py", "--config", str(file)], cwd=ROOT)
    summary = output / settings["model"] / "summary.json"
    if done.returncode not in (ExitCode.PUSHED, ExitCode.REFUSED) or not summary.exists():
        sys.stdout.write("failed: local_runner.py reached no verdict\n")
        return None
    return read_summary(summary)


def settings_here(settings: dict[str, Any], output: Path) -> dict[str, Any]:
    """The settings of a compiled file, for a run on this machine without its metadata server."""
    here = {"data_dir": stand_in.lasting(settings["data_dir"]), "output": str(output)}
    return {**settings, **here, "metadata_store": "none"}


if __name__ == "__main__":
    environment.configure("3")
    sys.exit(main())
