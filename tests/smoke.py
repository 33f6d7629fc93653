"""Smoke runs that all workers of a session share."""

import dataclasses
import fcntl
import itertools
import json
import shutil
from pathlib import Path

from modules import families
from tests import runs

_SHORT = "short "
_FEW = {
    "data.train_images": 1500,
    "data.test_images": 800,
    "tuning.images": 500,
    "training.epochs": 2,
}
_SMALL = {
    "forest": {"hyperparameters.n_estimators": 25},
    # Enough steps for samples of each digit.
    **{name: {"hyperparameters.batch_size": 8} for name in ("transformer", "vae", "gan")},
}
RUNS = {
    "transformer": ("--profile", "smoke"),
    "vae": ("--model", "vae", "--profile", "smoke"),
    "gan": ("--model", "gan", "--profile", "smoke"),
    "forest": ("--model", "forest", "--profile", "smoke"),
}

_AS_IT_WAS = "as-it-was"


def arguments(name: str) -> tuple[str, ...]:
    """The command line of one of RUNS, or of a short one, "short vae": few images, open gates."""
    if not name.startswith(_SHORT):
        return RUNS[name]
    family = name.removeprefix(_SHORT)
    gates = families.load(family).evaluation.gates
    opened = {f"gates.{gate.name}": 0.0 if gate.at_least else 1e6 for gate in gates}
    opened["gates.folds"] = 0.0 if families.load(family).objective.direction == "max" else 1e6
    given = (
        ("--set", f"{name}={value}") for name, value in (_FEW | _SMALL[family] | opened).items()
    )
    return (*RUNS[family], *itertools.chain.from_iterable(given))


def shared(name: str, folder: Path) -> runs.Run:
    """Makes a run, or takes the one that was made already; short ones are made in this process.

    Args:
        name: which, or which one's short one.
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


def linked(run: runs.Run, to: Path) -> None:
    """Lets a folder show a shared run as it was; several families' can be in one, to be read."""
    kept = run.output.parent / _AS_IT_WAS
    for place in (kept, kept / "artifacts", kept / "serving"):
        link = to / place.relative_to(kept) / run.model
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(place / run.model)
