"""Compares what a search, and what folds, cost with what one training of as many epochs does."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.util import environment  # noqa: E402

environment.configure("3")
warnings.filterwarnings("ignore")  # the libraries speak to their own maintainers

import keras  # noqa: E402
import keras_tuner  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from components.example_files import to_examples  # noqa: E402
from modules import families  # noqa: E402
from modules.contract.family import TrainingRun  # noqa: E402
from modules.contract.hyperparameters import resolve  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.contract.values import Kind, argument  # noqa: E402
from modules.data.dataset import Dataset, to_plain  # noqa: E402
from modules.data.splits import Split, Splits  # noqa: E402
from modules.kinds.keras_family import KerasFamily  # noqa: E402
from modules.training.folds import Folds  # noqa: E402
from modules.training.rehearsal import rehearse  # noqa: E402
from modules.training.tasks import FoldsTask  # noqa: E402
from modules.training.tuner import tuner_fn  # noqa: E402
from scripts.ablate import changes_of, read_splits  # noqa: E402

_ABOUT = """\
Compares what a search, and what folds, cost with what one training of as many epochs does.

    .venv/bin/python scripts/benchmark_search.py search --images 12000 --rounds 3
    .venv/bin/python scripts/benchmark_search.py folds --images 4000 --folds 5

`search` takes turns, in one process: our Hyperband; one training by the defaults for as many epochs
as that took; and Keras Tuner's own Hyperband, with a function that builds our model, on the same
space, images and batches. `folds` takes turns between our folds and as many trainings by
themselves. Whatever is traced or compiled in a turn is a part of it. What a search
changes about the network makes its epochs cheaper or dearer than those of the defaults: so what
sets its size is fixed, as --fix says.

A ratio is that of seconds per epoch, the mean of all rounds, with the smallest and the greatest.
"""

SEED, SOURCE = 1, "benchmark"

_NUMBERS = (
    ("--images", 12_000, "to learn from"),
    ("--held-out", 2_000, "to judge by"),
    ("--rounds", 3, "turns of each"),
    ("--max-epochs", 4, "of a trial or a fold"),
    ("--factor", 3, "Hyperband's"),
    ("--folds", 5, "how many"),
)

# The contestants, and the place of the one that the others are compared with.
CONTESTANTS = {
    "search": (("our Hyperband", "one training", "Keras Tuner's"), 1),
    "folds": (("our folds", "one training each"), 1),
}


class Turn(NamedTuple):
    """What one contestant did in a round: epochs in all, seconds by the clock and of all cores."""

    epochs: int
    seconds: float
    cpu: float


def timed(work: Callable[..., int], *how: Any) -> Turn:
    """Does work that gives the number of its epochs."""
    keras.backend.clear_session()
    began, cpu = time.perf_counter(), time.process_time()
    epochs = work(*how)
    return Turn(epochs, time.perf_counter() - began, time.process_time() - cpu)


class Bench:
    """The contestants.

    Args:
        name: of a family of Keras networks.
        dataset: what the images are.
        splits: to learn from, and to judge each epoch by.
        fixed: hyperparameters that no search changes.
        folder: for files.
    """

    def __init__(
        self, name: str, dataset: Dataset, splits: Splits, fixed: Mapping[str, Any], folder: Path
    ) -> None:
        self.name, self.dataset, self.splits, self.folder = name, dataset, splits, folder
        self.fixed = dict(fixed)
        self.values = resolve(self.family().hyperparameters, None, self.fixed)
        self.files = [self._written("train", splits.train), self._written("eval", splits.held_out)]
        # Once a process, whoever is first.
        rehearse(name, SOURCE, self.family(), self.values, splits, [self.files[1]])

    def family(self) -> KerasFamily:
        """The family, which has no model to share yet."""
        return families.load(self.name)(self.dataset)

    def _written(self, name: str, split: Split) -> str:
        path = str(self.folder / f"{name}.gz")
        with tf.io.TFRecordWriter(path, options="GZIP") as writer:
            for _, example in to_examples(*split, 0, self.dataset):
                writer.write(example)
        return path

    def search(self, max_epochs: int, factor: int) -> int:
        """Our search, as the Tuner runs it."""
        config = {
            "family": self.name,
            "dataset": to_plain(self.dataset),
            "search": "hyperband",
            "max_epochs": max_epochs,
            "factor": factor,
            "budget": None,
            "images": None,
            "hyperparameters": self.fixed,
            "seed": SEED,
            "source": SOURCE,
        }
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            found = tuner_fn(
                SimpleNamespace(
                    train_files=[self.files[0]],
                    eval_files=[self.files[1]],
                    working_dir=scratch,
                    base_model=None,
                    custom_config=config,
                )
            )
            found.tuner.search(**found.fit_kwargs)
        return epochs_of(found.tuner.oracle)

    def stock(self, max_epochs: int, factor: int) -> int:
        """Keras Tuner's own search."""
        family = self.family()
        streams = [
            family.batches(split, self.values, training=training, seed=SEED)
            for split, training in zip(self.splits, (True, False), strict=True)
        ]
        steps = int(streams[0].cardinality())

        def build(given: keras_tuner.HyperParameters) -> keras.Model:
            chosen = {
                one.name: given.Choice(one.name, list(one.choices), default=one.default)
                for one in family.hyperparameters
                if one.choices and one.name not in self.fixed
            }
            return family.build({**self.values, **chosen}, steps * max_epochs, SEED)

        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            tuner = keras_tuner.Hyperband(
                build,
                objective=keras_tuner.Objective(*family.objective),
                max_epochs=max_epochs,
                factor=factor,
                seed=SEED,
                directory=scratch,
            )
            tuner.search(streams[0], validation_data=streams[1], verbose=0)
        return epochs_of(tuner.oracle)

    def fit(self, epochs: int) -> int:
        """One training by the defaults."""
        self.family().train(self.values, self.splits, TrainingRun(epochs=epochs, seed=SEED))
        return epochs

    def folds(self, count: int, epochs: int) -> int:
        """Our folds, as the CrossValidator trains them."""
        task = FoldsTask(self.name, to_plain(self.dataset), count, epochs, {}, SEED, SOURCE)
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            folds = Folds(task, self.family(), self.values, Path(scratch))
            folds.run(lambda: [self.splits.train])
        return count * epochs

    def fits(self, count: int, epochs: int) -> int:
        """Trainings one after the other on parts of the images, with seeds and models of their
        own."""
        family, (images, labels) = self.family(), self.splits.train
        for number in range(count):
            out = np.arange(len(images)) % count == number
            parts = Splits(Split(images[~out], labels[~out]), Split(images[out], labels[out]))
            family.train(self.values, parts, TrainingRun(epochs=epochs, seed=SEED + number))
        return count * epochs


def epochs_of(oracle: Any) -> int:
    """How many epochs the trials of a Hyperband took, those that went on counted once."""
    values = [trial.hyperparameters.values for trial in oracle.trials.values()]
    return sum(int(one["tuner/epochs"]) - int(one["tuner/initial_epoch"]) for one in values)


def told(names: Sequence[str], against: int, rounds: Sequence[Sequence[Turn]]) -> list[str]:
    """The table's lines; ratios are to the contestant at the place `against`."""
    lines = [f"{'':24}{'epochs':>8}{'s':>8}{'CPU s':>8}{'ratio':>8}   from    to"]
    for place, name in enumerate(names):
        turns = [one[place] for one in rounds]
        ratios = [
            (one[place].seconds / one[place].epochs) / (one[against].seconds / one[against].epochs)
            for one in rounds
        ]
        means = [np.mean([getattr(turn, what) for turn in turns]) for what in Turn._fields]
        ratio = f"{np.mean(ratios):8.2f}{min(ratios):7.2f}{max(ratios):6.2f}"
        lines.append(f"{name:24}{means[0]:8.0f}{means[1]:8.1f}{means[2]:8.1f}{ratio}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    count = argument(Kind(int, least=1, most=100_000))
    parser.add_argument("what", choices=("search", "folds"))
    parser.add_argument("--family", choices=("transformer", "vae", "gan"), default="transformer")
    for name, default, says in _NUMBERS:
        parser.add_argument(name, type=count, default=default, help=f"{says}; {default}")
    parser.add_argument("--fix", default="layers=2", help="hyperparameters; layers=2")
    parser.add_argument("--data-dir", type=path_argument, default=ROOT / "data" / "mnist")
    options = parser.parse_args(arguments)
    dataset, whole = read_splits(options.data_dir, options.images + options.held_out)
    images, labels = (np.concatenate(parts) for parts in zip(*whole, strict=True))
    cut = min(options.images, len(images) - 1)
    splits = Splits(Split(images[:cut], labels[:cut]), Split(images[cut:], labels[cut:]))
    tf.get_logger().setLevel("ERROR")  # it takes many models for one that is traced again
    fixed = changes_of(options.family, options.fix)
    shape = (options.max_epochs, options.factor)
    rounds: list[list[Turn]] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.family, dataset, splits, fixed, Path(folder))
        for _ in range(options.rounds):
            if options.what == "search":
                ours = timed(bench.search, *shape)
                fit = timed(bench.fit, ours.epochs)
                rounds.append([ours, fit, timed(bench.stock, *shape)])
            else:
                one = (options.folds, options.max_epochs)
                rounds.append([timed(bench.folds, *one), timed(bench.fits, *one)])
    cores = len(os.sched_getaffinity(0))
    print(  # noqa: T201
        f"{options.family}, {cut} images, {options.rounds} rounds; {cores} cores, TensorFlow "
        f"{tf.__version__}, Keras {keras.__version__}, Keras Tuner {keras_tuner.__version__}\n",
        *told(*CONTESTANTS[options.what], rounds),
        sep="\n",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
