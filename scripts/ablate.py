"""Says what choices of hyperparameters are worth: trains with one changed at a time."""

from __future__ import annotations

import argparse
import math
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.util import environment  # noqa: E402

environment.configure("3")
warnings.filterwarnings("ignore")  # the libraries speak to their own maintainers

from components.readers.intake import places  # noqa: E402
from components.readers.reader import BadDataset  # noqa: E402
from components.readers.survey import Survey  # noqa: E402
from modules import families  # noqa: E402
from modules.contract.family import Family, TrainingRun, TrainingStopped  # noqa: E402
from modules.contract.hyperparameters import (  # noqa: E402
    BadHyperparameter,
    read_all,
    resolve,
)
from modules.contract.paths import path_argument  # noqa: E402
from modules.contract.values import Kind, argument  # noqa: E402
from modules.data.dataset import Dataset  # noqa: E402
from modules.data.splits import Split, Splits, split_of  # noqa: E402
from pipeline.settings import DECLARED  # noqa: E402

Figures = Sequence[float | None]  # one for each seed; None where a training was broken off
SEEDS = Kind(int, least=1, most=100)

_ABOUT = """\
Says what choices of hyperparameters are worth: trains with one changed at a time.

    .venv/bin/python scripts/ablate.py --model gan --epochs 10 --seeds 5 average=0 dropout=0.3 r1=1

The first row is the default profile as it is; each further one has a change, which may be of
several hyperparameters: `layers=1,latent=2`. Seeds and images are the same in all. The figure is
the family's objective on the eval split after the last epoch; the test images are not read.

With several seeds the figure is their mean, and a row says by how much it differs from the first
one: the mean difference of two trainings of the same seed, and its 95 % interval by Student's t. An
interval that holds 0 is no more than noise.
"""


def changes_of(family: str, typed: str) -> dict[str, Any]:
    """From `name=value,name=value` to checked hyperparameters.

    Raises:
        BadHyperparameter: a name is unknown or a value does not fit, in one sentence.
    """
    pairs = [part.partition("=") for part in typed.split(",") if part]
    given = {name: value for name, _, value in pairs}
    return read_all(families.load(family).hyperparameters, given)


def read_splits(data_dir: Path, limit: int | None) -> tuple[Dataset, Splits]:
    """The images and labels of the train and the eval split, as ExampleGen divides them."""
    survey = Survey(data_dir, transposed=False)
    taken = places(survey, limit, None)["train"]
    found: list[np.ndarray] = []

    def keep(split: str, start: int, images: np.ndarray) -> None:
        if split == "train":
            low, high = np.searchsorted(taken, (start, start + len(images)))
            found.append(images[taken[low:high] - start])

    dataset = survey.read(keep)
    images, labels = np.concatenate(found), survey.classes["train"][taken]
    names = np.array([split_of(image.tobytes()) for image in images])
    splits = (Split(images[names == n], labels[names == n]) for n in ("train", "eval"))
    return dataset, Splits(*splits)


def objective_of(
    chosen: Family, changes: dict[str, Any], splits: Splits, epochs: int, seed: int
) -> float:
    """The family's objective after a training with these changes of the default profile.

    Raises:
        TrainingStopped: the loss became NaN or infinite, or the model collapsed.
    """
    given = {**chosen.profiles["default"].hyperparameters, **changes}
    values = resolve(chosen.hyperparameters, None, given)
    trained = chosen.train(values, splits, TrainingRun(epochs=epochs, seed=seed))
    return trained.history[chosen.objective.name][-1]


def paired(values: Figures, before: Figures) -> tuple[float, float, float]:
    """The mean difference of figures that belong together in pairs, and its 95 % interval.

    The interval is Student's (1908, "The Probable Error of a Mean"), of the differences: the mean,
    and on both sides t times their standard deviation over the square root of their number.

    Args:
        values: a figure for each seed; None where there is none.
        before: the same of what it is compared with.

    Returns:
        The mean and both ends; NaN for what too few pairs tell.
    """
    pairs = zip(values, before, strict=True)
    known = [one - other for one, other in pairs if one is not None and other is not None]
    if len(known) < 2:
        return (known[0] if known else math.nan), math.nan, math.nan
    mean, error = float(np.mean(known)), float(np.std(known, ddof=1) / math.sqrt(len(known)))
    half = float(stats.t.ppf(0.975, len(known) - 1)) * error
    return mean, mean - half, mean + half


def row_of(values: Figures, before: Figures | None) -> str:
    """The figures of a row: their mean and, with several seeds, the difference from the first row.

    Args:
        values: of the row, a figure for each seed.
        before: those of the first row; None for that one itself.
    """
    known = [value for value in values if value is not None]
    figure = f"{np.mean(known):.4g}" if known else "-"
    if len(values) == 1:
        return f"{figure:>14}"
    if before is None:
        return f"{figure:>14}{'':>36}"
    mean, low, high = paired(values, before)
    difference = "-" if math.isnan(mean) else f"{mean:+.4g}"
    ends = "-" if math.isnan(low) else f"{low:+.4g} to {high:+.4g}"
    return f"{figure:>14}{difference:>12}{ends:>24}"


def main(arguments: list[str] | None = None) -> int:
    """Trains each, and prints a table."""
    parser = argparse.ArgumentParser(
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("changes", nargs="*", metavar="NAME=VALUE[,NAME=VALUE]")
    parser.add_argument("--model", choices=families.names(), required=True)
    add, kinds = parser.add_argument, {name: argument(one.kind) for name, one in DECLARED.items()}
    add("--epochs", type=kinds["training.epochs"], default=10, help="of each training; 10")
    add("--seed", type=kinds["seed"], default=1, help="the first one; 1")
    add("--seeds", type=argument(SEEDS), default=1, help="how many trainings of each; 1")
    add("--images", type=kinds["data.train_images"], help="read so many training images; all")
    parser.add_argument("--data-dir", type=path_argument, default=ROOT / "data" / "mnist")
    options = parser.parse_args(arguments)
    try:
        rows = {typed: changes_of(options.model, typed) for typed in ["", *options.changes]}
        dataset, splits = read_splits(options.data_dir, options.images)
    except (BadHyperparameter, BadDataset) as error:
        parser.error(str(error))
    chosen = families.load(options.model)(dataset)
    several = f"{'difference':>12}{'95 % interval':>24}" if options.seeds > 1 else ""
    head = f"{'change':40}{chosen.objective.name:>14}{several}{'seconds':>10}"
    print(head, flush=True)  # noqa: T201
    before: Figures | None = None
    for typed, changes in rows.items():
        started = time.monotonic()
        values, reasons = [], {}
        for seed in ((options.seed + n) % 2**32 for n in range(options.seeds)):
            try:
                values.append(objective_of(chosen, changes, splits, options.epochs, seed))
            except TrainingStopped as error:
                values.append(None)
                reasons[str(error)] = f"   seed {seed}: {error}" if several else f"   {error}"
        seconds = time.monotonic() - started
        line = f"{typed or 'as it is':40}{row_of(values, before)}{seconds:10.0f}"
        print(line + "".join(reasons.values()), flush=True)  # noqa: T201
        before = before or values
    return 0


if __name__ == "__main__":
    sys.exit(main())
