"""Smoke runs that a whole session shares: all of its workers, and the other environment's tests."""

import dataclasses
import fcntl
import json
import shutil
from pathlib import Path

from modules import families
from tests import runs


def _open_gates(family: str) -> tuple[str, ...]:
    """Options by which anything passes."""
    gates = families.load(family).evaluation.gates
    bounds = {gate.name: 0.0 if gate.at_least else 1e6 for gate in gates}
    return tuple(part for n, bound in bounds.items() for part in ("--set", f"gates.{n}={bound}"))


RUNS = {
    "transformer": ("--profile", "smoke"),
    "vae": ("--model", "vae", "--profile", "smoke"),
    "gan": ("--model", "gan", "--profile", "smoke"),
    # All that a run does, after too little training for a gate.
    "short gan": (
        *("--model", "gan", "--profile", "smoke", "--set", "training.epochs=2"),
        *_open_gates("gan"),
    ),
}


def shared(name: str, folder: Path) -> runs.Run:
    """Makes one of RUNS, or takes the one that was made already.

    Args:
        name: which.
        folder: the session's; runs are kept below it.

    Returns:
        The run as it ended. Its output folder belongs to the one test file that changes it.
    """
    own = folder / name.replace(" ", "-")
    own.mkdir(parents=True, exist_ok=True)
    told, output = own / "run.json", own / "output"
    with open(own / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second waits for the first
        if not told.exists():
            shutil.rmtree(output, ignore_errors=True)  # of one that was given up
            run = runs.run(output, *RUNS[name])
            told.write_text(json.dumps(dataclasses.asdict(run) | {"output": str(output)}))
    kept = json.loads(told.read_text())
    return runs.Run(**kept | {"output": Path(kept["output"])})
