"""Folds of a split, for cross-validation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modules.data.splits import Split, Splits


def folds(split: Split, count: int, seed: int) -> Iterator[Splits]:
    """Divides a split into folds, each of which is held out once.

    Each fold has the same part of every class as far as that can be, and images that are the same
    are in one fold, so that none is learnt from that is held out.

    Args:
        split: of which each class has `count` different images at least.
        count: of the folds.
        seed: of the draw.
    """
    for out in divided(split, count, seed):
        yield Splits(*(Split(split.images[part], split.labels[part]) for part in (~out, out)))


def divided(split: Split, count: int, seed: int) -> list[np.ndarray]:
    """The same folds as masks, bool (N,): which images each holds out."""
    from sklearn.model_selection import StratifiedKFold

    flat = split.images.reshape(len(split.images), -1)
    rows = np.ascontiguousarray(flat).view(np.dtype((np.void, flat.shape[1])))[:, 0]
    _, first, image = np.unique(rows, return_index=True, return_inverse=True)
    # Distinct images are divided, and copies follow. scikit-learn's StratifiedGroupKFold would do
    # both at once, but of groups that are mostly single images it leaves classes uneven.
    division = StratifiedKFold(count, shuffle=True, random_state=seed)
    return [
        np.isin(image.reshape(-1), held_out)
        for _, held_out in division.split(first, split.labels[first])
    ]
