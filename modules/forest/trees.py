"""Decision trees as plain arrays: what is kept, exported and asked, instead of objects."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from modules.util.files import write_bytes


class Trees(NamedTuple):
    """Trees about images, eleven bytes a question; those of all trees lie one after the other.

    An image goes from a node to the first of the two below it when the pixel's value is at most
    the threshold, else to the second one. A node is a question, by its place, or a leaf, by the
    negative of its row among the distributions, less one.

    Attributes:
        pixel: that is asked about, of the flat image, uint16 (N,).
        threshold: uint8 (N,).
        below: the two nodes, int32 (N, 2).
        roots: the first node of each tree, int32 (T,).
        distributions: the parts of the classes in a leaf, float32 (M, K), each row once.
    """

    pixel: np.ndarray
    threshold: np.ndarray
    below: np.ndarray
    roots: np.ndarray
    distributions: np.ndarray


def from_estimators(estimators: Sequence[Any], classes: np.ndarray, count: int) -> Trees:
    """Takes the trees out of scikit-learn's objects.

    Args:
        estimators: fitted DecisionTreeClassifiers, of whole numbers from 0 to 255.
        classes: the class of each column of their leaves, integers.
        count: how many classes there are, of which some may not have been seen.
    """
    return joined([_of_one(one.tree_, classes, count) for one in estimators])


def _of_one(tree: Any, classes: np.ndarray, count: int) -> Trees:
    leaf = tree.children_left < 0
    counts = tree.value[leaf, 0, :]
    leaves = np.zeros((len(counts), count), np.float32)
    leaves[:, classes] = counts / counts.sum(axis=1, keepdims=True)
    distributions, rows = np.unique(leaves, axis=0, return_inverse=True)
    node = np.empty(len(leaf), np.int32)
    node[leaf] = -1 - rows.reshape(-1)
    node[~leaf] = np.arange(len(leaf) - len(leaves))
    return Trees(
        pixel=tree.feature[~leaf].astype(np.uint16),
        # A threshold lies between two values that occur; these are whole numbers.
        threshold=np.floor(tree.threshold[~leaf]).astype(np.uint8),
        below=node[np.stack([tree.children_left[~leaf], tree.children_right[~leaf]], axis=1)],
        roots=node[:1],
        distributions=distributions,
    )


def joined(parts: Sequence[Trees]) -> Trees:
    """All trees of several forests, as one."""
    distributions, rows = np.unique(
        np.concatenate([part.distributions for part in parts]), axis=0, return_inverse=True
    )
    questions = np.cumsum([0, *(len(part.pixel) for part in parts)])
    leaves = np.cumsum([0, *(len(part.distributions) for part in parts)])

    def moved(nodes: np.ndarray, part: int) -> np.ndarray:
        row = rows.reshape(-1)[leaves[part] - 1 - np.minimum(nodes, -1)]
        return np.where(nodes < 0, -1 - row, nodes + questions[part]).astype(np.int32)

    return Trees(
        pixel=np.concatenate([part.pixel for part in parts]),
        threshold=np.concatenate([part.threshold for part in parts]),
        below=np.concatenate([moved(part.below, place) for place, part in enumerate(parts)]),
        roots=np.concatenate([moved(part.roots, place) for place, part in enumerate(parts)]),
        distributions=distributions,
    )


def write(file: Path, trees: Trees) -> None:
    """Writes trees as arrays alone, all or nothing."""
    packed = io.BytesIO()
    np.savez(packed, **trees._asdict())
    write_bytes(file, packed.getbuffer())


def read(file: Path) -> Trees:
    """Reads what `write` wrote; nothing is unpickled."""
    with np.load(file, allow_pickle=False) as found:
        return Trees(**{name: found[name] for name in Trees._fields})
