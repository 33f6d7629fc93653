"""How little a picture resembles what a model was trained on.

Each image is described by its edges: in each cell of a coarse grid, how much edge there is in each
of eight directions, as in Dalal and Triggs 2005, "Histograms of oriented gradients"; its root, so
that faint and strong edges count more alike. The score is the distance to the nearest training
image, over the distance that 1 % of the held-out images exceed.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from modules.data.splits import Split
from modules.views.room import spread

STRANGE_PART = 0.01  # of the held-out images are said to be strange, too
_TRAIN, _HELD_OUT = 10_000, 1_000  # images that are looked at, at most
_DIRECTIONS = 8
_CELLS = 7  # along each side
_SPREAD = 0.5  # of a cell, the standard deviation of how far an edge counts
_SOFTENED = 0.025  # of the side, the standard deviation of what is blurred before
_AT_ONCE = 1_000  # images


class Measured(NamedTuple):
    """How strange images are.

    Attributes:
        score: float64, (N,); above 1 an image is strange.
        nearest: uint8, (N, S, S), the training image that is nearest to each.
    """

    score: NDArray[np.float64]
    nearest: NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Reference:
    """What images are compared with.

    Attributes:
        train: uint8, (M, S, S).
        edges: float32, (M, D), of each; see `edges_of`.
        bound: the distance that STRANGE_PART of the held-out images exceed.
    """

    train: NDArray[np.uint8]
    edges: NDArray[np.float32]
    bound: float

    def measure(self, images: NDArray[np.uint8]) -> Measured:
        """Compares images, uint8 (N, S, S), with the training images."""
        place, distance = _nearest(edges_of(images), self.edges)
        return Measured(distance / self.bound, self.train[place])


def fit(train: Split, held_out: Split) -> Reference:
    """Learns what is usual.

    Args:
        train: what the model was trained on.
        held_out: other images of the same kind.
    """
    known = train.images[spread(len(train.images), _TRAIN)]
    others = held_out.images[spread(len(held_out.images), _HELD_OUT)]
    edges = edges_of(known)
    _, distance = _nearest(edges_of(others), edges)
    return Reference(known, edges, max(float(np.quantile(distance, 1 - STRANGE_PART)), 1e-6))


def edges_of(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describes images by their edges; see the top of this file.

    Args:
        images: uint8, (N, S, S).

    Returns:
        float32, (N, D).
    """
    parts = [_edges(images[start : start + _AT_ONCE]) for start in range(0, len(images), _AT_ONCE)]
    return np.concatenate(parts)


def _edges(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    side = images.shape[1]
    soft = _weights(np.arange(side), np.arange(side), _SOFTENED * side)
    smooth = soft @ (images.astype(np.float32) / np.float32(255.0)) @ soft.T
    down, right = np.gradient(smooth, axis=1), np.gradient(smooth, axis=2)
    strength = np.hypot(down, right)
    turn = np.arctan2(down, right) * np.float32(_DIRECTIONS / (2 * np.pi)) % _DIRECTIONS
    cell = side / _CELLS
    cells = _weights((np.arange(_CELLS) + 0.5) * cell - 0.5, np.arange(side), _SPREAD * cell)
    found = []
    for direction in range(_DIRECTIONS):
        off = np.abs(turn - direction)
        share = np.clip(1.0 - np.minimum(off, _DIRECTIONS - off), 0.0, 1.0)
        found.append(np.sqrt(cells @ (share * strength) @ cells.T))
    return np.stack(found, axis=3).reshape(len(images), -1).astype(np.float32)


def _weights(
    at: NDArray[np.floating], places: NDArray[np.integer], deviation: float
) -> NDArray[np.float32]:
    """Gaussian weights of places around others, (len(at), len(places)); each row adds up to 1."""
    apart = (at[:, None] - places[None]) / deviation
    found = np.exp(-0.5 * apart * apart)
    weights: NDArray[np.float32] = (found / found.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


def _nearest(
    asked: NDArray[np.float32], known: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The place of the nearest of the known, (N,), and the distance to it."""
    lengths = np.einsum("ij,ij->i", known, known)
    places = []
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        places.append((lengths - 2.0 * (some @ known.T)).argmin(axis=1))
    place = np.concatenate(places)
    # Of those that were found, without what the difference of two large sums has lost.
    apart = (asked - known[place]).astype(np.float64)
    return place, np.sqrt((apart * apart).sum(axis=1))
