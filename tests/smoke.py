"""Smoke runs that a whole session shares: all of its workers, and the other environment's tests."""

import dataclasses
import fcntl
import itertools
import json
import shutil
from pathlib import Path

from modules import families
from tests import runs

RUNS = {
    "transformer": ("--profile", "smoke"),
    "vae": ("--model", "vae", "--profile", "smoke"),
    "gan": ("--model", "gan", "--profile", "smoke"),
    "short vae": ("--model", "vae", "--profile", "smoke", "--set", "training.epochs=2"),
    "short gan": ("--model", "gan", "--profile", "smoke", "--set", "training.epochs=2"),
}

_SHORT = "short "
_AS_IT_WAS = "as-it-was"


def arguments(name: str) -> tuple[str, ...]:
    """The command line of one of RUNS; after a short training no gate is in the way."""
    if not name.startswith(_SHORT):
        return RUNS[name]
    gates = families.load(name.removeprefix(_SHORT)).evaluation.gates
    bounds = {gate.name: 0.0 if gate.at_least else 1e6 for gate in gates}
    opened = (("--set", f"gates.{gate}={bound}") for gate, bound in bounds.items())
    return (*RUNS[name], *itertools.chain.from_iterable(opened))


def shared(name: str, folder: Path) -> runs.Run:
    """Makes one of RUNS, or takes the one that was made already; a short one in this process.

    Args:
        name: which.
        folder: the session's; runs are kept below it.

    Returns:
        The run as it ended. Its output folder belongs to the one test file that changes it; others
        take a copy of what it was, see `copied`.
    """
    own = folder / name.replace(" ", "-")
    own.mkdir(parents=True, exist_ok=True)
    told, output = own / "run.json", own / "output"
    with open(own / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second waits for the first
        if not told.exists():
            shutil.rmtree(output, ignore_errors=True)  # of one that was given up
            made = runs.run_here if name.startswith(_SHORT) else runs.run
            run = made(output, *arguments(name))
            shutil.rmtree(own / _AS_IT_WAS, ignore_errors=True)
            shutil.copytree(output, own / _AS_IT_WAS, symlinks=True)
            told.write_text(json.dumps(dataclasses.asdict(run) | {"output": str(output)}))
    kept = json.loads(told.read_text())
    return runs.Run(**kept | {"output": Path(kept["output"])})


def copied(run: runs.Run, to: Path) -> runs.Run:
    """A shared run in an output folder of one's own, as if nobody had used it since."""
    shutil.copytree(run.output.parent / _AS_IT_WAS, to, symlinks=True)
    return dataclasses.replace(run, output=to)
