"""Grows a forest with scikit-learn, some trees at a time, so that a killed one goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from modules.contract.hyperparameters import Values
from modules.data.splits import Split
from modules.forest import trees
from modules.forest.trees import Trees

AT_ONCE = 20  # trees: some seconds of a whole MNIST on two cores


def grow(
    split: Split,
    classes: int,
    values: Values,
    seed: int,
    backup: Path | None = None,
    tell: Callable[[float], None] = lambda _: None,
) -> Trees:
    """Grows the trees of a random forest (Breiman 2001), on all cores.

    Each part of the trees has a seed of its own, so that the same forest grows whether or not it
    was interrupted.

    Args:
        split: what to learn from.
        classes: how many there are, K.
        values: of scikit-learn's parameters of these names; a max_depth of 0 is none.
        seed: of the samples of images and of pixels.
        backup: a folder for the parts that have grown; what is there is not grown again.
        tell: is told which part of the forest has grown, from 0 to 1.
    """
    wanted = values["n_estimators"]
    pixels = split.images.reshape(len(split.images), -1)
    parts = []
    for first in range(0, wanted, AT_ONCE):
        kept = backup / f"trees-{first:05d}.npz" if backup else None
        if kept and kept.exists():
            parts.append(trees.read(kept))
        else:
            count = min(AT_ONCE, wanted - first)
            parts.append(_part(pixels, split.labels, classes, values, count, [seed, first]))
            if kept:
                trees.write(kept, parts[-1])
        tell(min(1.0, (first + AT_ONCE) / wanted))
    return trees.joined(parts)


def _part(
    pixels: np.ndarray,
    labels: np.ndarray,
    classes: int,
    values: Values,
    count: int,
    seed: list[int],
) -> Trees:
    forest = RandomForestClassifier(
        n_estimators=count,
        max_depth=values["max_depth"] or None,
        min_samples_split=values["min_samples_split"],
        max_features=values["max_features"],
        bootstrap=values["bootstrap"],
        random_state=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        n_jobs=-1,
    )
    forest.fit(pixels, labels)
    return trees.from_estimators(forest.estimators_, forest.classes_, classes)
