"""Records learning curves of many configurations, for searches to be replayed on."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.contract.paths import path_argument  # noqa: E402
from modules.util import environment  # noqa: E402
from modules.util.files import digest, digest_files, write_text  # noqa: E402
from pipeline.sources import source_hash  # noqa: E402

_ABOUT = """\
Records the learning curves of all configurations of a space, for searches to be replayed on.

    .venv/bin/python scripts/record_curves.py

It learns from 3,000 images of the pipeline's train split, and measures each epoch on 2,000 of its
eval split and on 3,000 others of that, which stand in for test images; these are not read. It takes
an hour on two quiet cores. Stopped and started again it goes on after its last whole training, and
at the end it writes one file, which `make compare-tuners` reads. Two processes, `--threads 1` each
and of `--share 1/2` and `--share 2/2`, make more of two cores than one does.

Each configuration is trained in each way that a search may train it: on one schedule to the last
epoch, and, beginning at each rung but the last, with a schedule that ends at each. Some are trained
with other seeds, too.
"""

FAMILY = "transformer"
SPACE: Mapping[str, Sequence[Any]] = {
    "stem": ["conv", "patch"],
    "layers": [1, 2],
    "width": [16, 32],
    "dropout": [0.0, 0.2],
    "learning_rate": [3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
    "shift": [0.0, 2.0, 4.0],
}
GRAPH = ("stem", "layers", "width", "dropout")  # of these, each combination is compiled
FIXED = {"heads": 4, "hidden": 64}
SIZES = (3_000, 2_000, 3_000)  # images to learn from, to choose by, to judge by
RUNGS = (1, 3, 9)  # epochs
# Ways to train, by the epoch that the first schedule ends with; others end with each later rung.
WAYS = {1: "rungs", 3: "rungs from 3", 9: "schedule"}
SCHEDULE = WAYS[RUNGS[-1]]
_FIRST = {way: epoch for epoch, way in WAYS.items()}
SEED = 1
MORE_SEEDS = 20  # how many configurations are trained with two more seeds
FILE = ROOT / "scripts" / "curves" / f"{FAMILY}.json"
PARTS = ROOT / "build" / "curves.jsonl"


class Job(NamedTuple):
    """One training.

    Attributes:
        values: a value for each name of the space.
        seed: of the training.
        way: one of WAYS.
    """

    values: Mapping[str, Any]
    seed: int = SEED
    way: str = SCHEDULE

    @property
    def ends(self) -> tuple[int, ...]:
        """The epochs after which its schedules end."""
        return tuple(rung for rung in RUNGS if rung >= _FIRST[self.way])


Train = Callable[[Job], Mapping[str, Any]]  # figures by name, a value an epoch; perhaps `failed`


def all_jobs() -> list[Job]:
    """The whole space first; in each part, what shares a graph comes together."""
    grid = [dict(zip(SPACE, some, strict=True)) for some in itertools.product(*SPACE.values())]
    drawn = [grid[place] for place in np.random.default_rng(SEED).permutation(len(grid))]
    again = [Job(values, way=way) for values in grid for way in _FIRST if way != SCHEDULE]
    again += [Job(values, SEED + n) for values in drawn[:MORE_SEEDS] for n in (1, 2)]
    return [Job(values) for values in grid] + sorted(again, key=lambda job: grid.index(job.values))


def share_of(jobs: Sequence[Job], share: int, shares: int) -> list[Job]:
    """One of several equal shares, counted from 1, of which none cuts a graph in two."""
    graphs: dict[str, list[Job]] = {}
    for job in jobs:
        first = (job.seed, job.way) == (SEED, SCHEDULE)  # of the whole space
        graph = digest([first, *(job.values[name] for name in GRAPH)])
        graphs.setdefault(graph, []).append(job)
    return [job for some in [*graphs.values()][share - 1 :: shares] for job in some]


def header() -> dict[str, Any]:
    """What a record says of itself, but for the commit that made it."""
    return {
        "command": "scripts/record_curves.py",
        "family": FAMILY,
        "space": {name: list(choices) for name, choices in SPACE.items()},
        "fixed": FIXED,
        "images": dict(zip(("learn", "eval", "third"), SIZES, strict=True)),
        "rungs": list(RUNGS),
        "source": source_hash(f"modules.families.{FAMILY}", "modules.training.callbacks"),
        "trainer": digest_files([str(ROOT / "scripts" / "curve_trainer.py")]),
    }


def record(
    jobs: Sequence[Job], train: Train, parts: Path, tell: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Does the jobs that have not been done.

    Args:
        jobs: the trainings.
        train: does one.
        parts: a file that each finished one is added to at once; others may add theirs.
        tell: is told how far the work is.

    Returns:
        All that is in the file, by the digest of a job.

    Raises:
        ValueError: the file is of other settings.
    """
    begin(parts)
    waiting = [job for job in jobs if digest(job._asdict()) not in done(parts)]
    started = time.monotonic()
    for count, job in enumerate(waiting, start=1):
        begun = time.monotonic()
        row = {**job._asdict(), **train(job), "seconds": round(time.monotonic() - begun, 1)}
        with parts.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": digest(job._asdict()), **row}) + "\n")
        each = (time.monotonic() - started) / count
        left = each * (len(waiting) - count) / 60
        tell(f"{count}/{len(waiting)}, {each:.1f} s each, {left:.0f} min left")
    return done(parts)


def begin(parts: Path) -> None:
    """Begins the file, or looks whether what was begun can go on.

    Raises:
        ValueError: it is of other settings.
    """
    if not parts.exists():
        write_text(parts, json.dumps({"commit": commit(), **header()}) + "\n")
    if begun_by(parts) != {**begun_by(parts), **header()}:
        raise ValueError(f"{parts} was begun by other code or settings; remove it to begin anew")
    if not parts.read_bytes().endswith(b"\n"):  # a line was torn, and is done again
        with parts.open("a", encoding="utf-8") as file:
            file.write("\n")


def done(parts: Path) -> dict[str, dict[str, Any]]:
    """What has been done, by the digest of a job."""
    found = {}
    for line in parts.read_text(encoding="utf-8").splitlines()[1:]:
        with contextlib.suppress(json.JSONDecodeError):  # the line was torn
            row = json.loads(line)
            found[row.pop("key")] = row
    return found


def begun_by(parts: Path) -> dict[str, Any]:
    """What the first line of the file says of a recording: its commit, and its header."""
    with parts.open(encoding="utf-8") as file:
        return dict(json.loads(next(file)))


def write(head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Writes the record: a JSON object with a line for each training."""
    told = ",\n ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items())
    listed = ",\n  ".join(json.dumps(row, separators=(",", ":")) for row in rows)
    write_text(file, f'{{\n {told},\n "trainings": [\n  {listed}\n ]\n}}\n')


def trainer(data_dir: Path, threads: int) -> Train:
    """Trains for real."""
    environment.configure("3")
    warnings.filterwarnings("ignore")  # the libraries speak to their own maintainers
    import tensorflow as tf

    from modules import families
    from modules.contract.hyperparameters import resolve
    from scripts.curve_trainer import CurveTrainer, three_parts

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    dataset, parts = three_parts(data_dir, SIZES)
    family: Any = families.load(FAMILY)(dataset)
    curves = CurveTrainer(family, parts)

    def train(job: Job) -> dict[str, Any]:
        values = resolve(family.hyperparameters, None, {**FIXED, **job.values})
        return curves.train(values, job.seed, job.ends)

    return train


def commit() -> str:
    """The commit that the code is of, marked when a file of it has been changed since."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--dirty"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown, since this is no checkout"


def main(arguments: list[str] | None = None) -> int:
    """Records; returns 0, or 2 where that cannot be."""
    parser = argparse.ArgumentParser(
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=path_argument, default=ROOT / "data" / "mnist")
    parser.add_argument("--parts", type=path_argument, default=PARTS, help="keeps what is done")
    parser.add_argument("--to", type=path_argument, default=FILE, help="the record")
    parser.add_argument("--threads", type=int, default=0, help="of TensorFlow; as many as cores")
    parser.add_argument("--share", default="1/1", help="do only this one of so many shares; 1/1")
    options = parser.parse_args(arguments)
    share, shares = map(int, options.share.split("/"))

    def tell(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)  # noqa: T201

    jobs = all_jobs()
    train = trainer(options.data_dir, options.threads)
    try:
        found = record(share_of(jobs, share, shares), train, options.parts, tell)
    except ValueError as error:
        parser.error(str(error))
    rows = [found.get(digest(job._asdict())) for job in jobs]
    if left := rows.count(None):
        tell(f"{left} trainings are left to the other shares")
        return 0
    write(begun_by(options.parts), [row for row in rows if row], options.to)
    tell(f"{options.to}, {options.to.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
