"""Measures what a random forest takes as TensorFlow operations, beside scikit-learn's own.

    .venv/bin/python scripts/benchmark_forest.py                  # 300 trees, as in profile default
    .venv/bin/python scripts/benchmark_forest.py --trees 500                            # as in full

One process grows a forest with scikit-learn on the training images, exports it as the Trainer
does, loads what was exported, and asks both about the test images. Printed are the size of the
export, the seconds of each answer, and the largest difference between two probabilities.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.contract.paths import path_argument  # noqa: E402
from modules.contract.values import Kind, argument  # noqa: E402
from modules.util import environment  # noqa: E402

_AT_ONCE = 500  # images in a request, as TFMA and the Inspector ask


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark_forest.py",
        description="Measures what a random forest takes as TensorFlow operations.",
    )
    add = parser.add_argument
    add("--data-dir", type=path_argument, default=ROOT / "data" / "mnist", help="the dataset")
    trees = argument(Kind(int, least=1, most=10_000))
    images = argument(Kind(int, least=1, most=10_000_000))
    add("--trees", type=trees, default=300, metavar="N", help="of the forest (default: 300)")
    add("--train-images", type=images, metavar="N", help="to grow it on (default: all)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Prints a line for each figure; returns 0."""
    options = parse(arguments)
    environment.configure("3")
    for line in measure(options):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 0


def measure(options: argparse.Namespace) -> list[str]:
    """Grows, exports, loads and asks; see the module."""
    import numpy as np
    import tensorflow as tf
    from sklearn.ensemble import RandomForestClassifier

    from modules.families import load
    from modules.forest import trees
    from modules.forest.answer import Forest
    from modules.kinds.classifier import classifier_signatures
    from modules.training.export import export

    train, test, classes, side = _read(options.data_dir, options.train_images)
    values = {one.name: one.default for one in load("forest").hyperparameters}
    model = RandomForestClassifier(
        n_estimators=options.trees,
        max_features=values["max_features"],
        min_samples_split=values["min_samples_split"],
        bootstrap=values["bootstrap"],
        random_state=1,
        n_jobs=-1,
    )
    growing = _seconds(lambda: model.fit(train[0].reshape(len(train[0]), -1), train[1]))
    known = trees.from_estimators(model.estimators_, model.classes_, classes)
    forest = Forest(known)
    with tempfile.TemporaryDirectory(prefix="forest-") as folder:
        signatures = classifier_signatures(forest.probabilities, side)
        exporting = _seconds(lambda: export(forest, Path(folder, "model"), signatures))
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        loaded = tf.saved_model.load(str(Path(folder, "model"))).signatures["serving_images"]
        parts = [test[0][at : at + _AT_ONCE] for at in range(0, len(test[0]), _AT_ONCE)]
        said: list[Any] = []

        def ask() -> None:
            said[:] = [loaded(images=tf.constant(part))["probabilities"].numpy() for part in parts]

        first, again = _seconds(ask), _seconds(ask)
        whole = np.concatenate(said)
    theirs: list[Any] = []
    flat = test[0].reshape(len(test[0]), -1)
    own = _seconds(lambda: theirs.append(model.predict_proba(flat)))
    right = (whole.argmax(axis=1) == test[1]).mean()
    return [
        f"{options.trees:,} trees of {len(known.pixel):,} questions, "
        f"{len(known.distributions):,} distributions of leaves; grown on "
        f"{len(train[0]):,} images in {growing:.1f} s",
        f"export: {size / 1e6:.1f} MB, {size / len(known.pixel):.1f} bytes a question, written in "
        f"{exporting:.1f} s",
        f"{len(test[0]):,} images, {_AT_ONCE} in a request: {first:.1f} s, again {again:.1f} s; "
        f"scikit-learn {own:.1f} s",
        f"largest difference of two probabilities: {np.abs(whole - theirs[0]).max():.1e}",
        f"accuracy on the test images: {right:.2%}",
    ]


def _read(folder: Path, count: int | None) -> tuple[Any, Any, int, int]:
    """The images and classes of both files, how many classes there are, and the side."""
    from components.readers import reader_of
    from components.readers.survey import Survey

    survey, reader = Survey(folder, transposed=False), reader_of(folder)
    pairs, classes = survey.pairs, survey.classes
    taken = min(count or pairs["train"].count, pairs["train"].count)
    counts = {"train": taken, "test": pairs["test"].count}
    train, test = (
        (reader.read_images(pairs[name].images, 0, many), classes[name][:many])
        for name, many in counts.items()
    )
    return train, test, len(survey.names), pairs["test"].side


def _seconds(work: Callable[[], Any]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
