"""Decision trees as plain arrays: what is kept, exported and asked, instead of objects."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from modules.util.files import write_bytes


class Trees(NamedTuple):
    """Trees about images, seven bytes a node; the nodes of all of them lie one after the other.

    A node that asks sends an image to the node after it when the pixel's value is at most the
    threshold, else to the one that `right` names. A leaf has in `right` the negative of its row
    among the distributions, less one.

    Attributes:
        pixel: of the flat image, uint16 (N,); 0 of a leaf.
        threshold: uint8 (N,); 0 of a leaf.
        right: int32 (N,), see above.
        roots: the first node of each tree, int32 (T,).
        distributions: the parts of the classes in a leaf, float32 (M, K), each row once.
        depth: how many nodes are asked on the longest way to a leaf.
    """

    pixel: np.ndarray
    threshold: np.ndarray
    right: np.ndarray
    roots: np.ndarray
    distributions: np.ndarray
    depth: int


def from_estimators(estimators: Sequence[Any], classes: np.ndarray, count: int) -> Trees:
    """Takes the trees out of scikit-learn's objects.

    Args:
        estimators: fitted DecisionTreeClassifiers, of whole numbers from 0 to 255.
        classes: the class of each column of their leaves, integers.
        count: how many classes there are, of which some may not have been seen.
    """
    parts = [_nodes(one.tree_) for one in estimators]
    sizes = np.array([len(pixel) for pixel, *_ in parts])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    leaves = np.zeros((int(sum(len(seen) for *_, seen in parts)), count), np.float32)
    leaves[:, classes] = np.concatenate([seen for *_, seen in parts])
    distributions, rows = np.unique(leaves, axis=0, return_inverse=True)
    right = np.concatenate(
        [part + root for (_, _, part, _), root in zip(parts, roots, strict=True)]
    )
    leaf = np.concatenate([part == 0 for _, _, part, _ in parts])
    right[leaf] = -1 - rows.reshape(-1)
    return Trees(
        pixel=np.concatenate([part for part, *_ in parts]),
        threshold=np.concatenate([part for _, part, *_ in parts]),
        right=right.astype(np.int32),
        roots=roots.astype(np.int32),
        distributions=distributions,
        depth=max(one.tree_.max_depth for one in estimators),
    )


def _nodes(tree: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pixels, thresholds and right children of a tree, 0 of a leaf, and its leaves' classes."""
    leaf = tree.children_left < 0
    asking = np.flatnonzero(~leaf)
    # scikit-learn builds trees depth first.
    assert (tree.children_left[asking] == asking + 1).all()
    # A threshold lies between two values that occur; these are whole numbers.
    threshold = np.where(leaf, 0, np.floor(tree.threshold)).astype(np.uint8)
    pixel = np.where(leaf, 0, tree.feature).astype(np.uint16)
    counts = tree.value[leaf, 0, :]
    seen = counts / counts.sum(axis=1, keepdims=True)
    return pixel, threshold, np.where(leaf, 0, tree.children_right), seen.astype(np.float32)


def joined(parts: Sequence[Trees]) -> Trees:
    """All trees of several forests, as one."""
    distributions, rows = np.unique(
        np.concatenate([part.distributions for part in parts]), axis=0, return_inverse=True
    )
    rights, roots, nodes, leaves = [], [], 0, 0
    for part in parts:
        leaf = part.right < 0
        right = part.right + nodes
        right[leaf] = -1 - rows.reshape(-1)[leaves - 1 - part.right[leaf]]
        rights.append(right)
        roots.append(part.roots + nodes)
        nodes += len(right)
        leaves += len(part.distributions)
    return Trees(
        pixel=np.concatenate([part.pixel for part in parts]),
        threshold=np.concatenate([part.threshold for part in parts]),
        right=np.concatenate(rights).astype(np.int32),
        roots=np.concatenate(roots).astype(np.int32),
        distributions=distributions,
        depth=max(part.depth for part in parts),
    )


def write(file: Path, trees: Trees) -> None:
    """Writes trees as arrays alone, all or nothing."""
    packed = io.BytesIO()
    np.savez(packed, **trees._asdict())
    write_bytes(file, packed.getbuffer())


def read(file: Path) -> Trees:
    """Reads what `write` wrote; nothing is unpickled."""
    with np.load(file, allow_pickle=False) as found:
        arrays = {name: found[name] for name in Trees._fields}
    return Trees(**{**arrays, "depth": int(arrays["depth"])})
