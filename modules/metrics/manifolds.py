"""Precision, recall, density and coverage: how a set of generated features lies among real ones.

A set's manifold is the union of balls around its points, each as wide as the way to the point's
k-th nearest neighbour in the set. Precision and recall: Kynkäänniemi et al. 2019, "Improved
Precision and Recall Metric for Assessing Generative Models"; density and coverage: Naeem et al.
2020, "Reliable Fidelity and Diversity Metrics for Generative Models".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

NEIGHBOURS = 5  # k; what the authors of density and coverage use

_ROWS = 1000  # of a matrix of distances that are in memory at once


class Manifold(NamedTuple):
    """A set of features with the sizes of their balls.

    Attributes:
        points: float32, (N, D).
        radii: float32, (N,); squared.
    """

    points: Any
    radii: Any


def squared_distances(first: Any, second: Any) -> Any:
    """From each of (N, D) to each of (M, D): (N, M), 0 or more."""
    lengths = tf.reduce_sum(first * first, axis=1)[:, None] + tf.reduce_sum(second * second, axis=1)
    return tf.maximum(lengths - 2.0 * tf.matmul(first, second, transpose_b=True), 0.0)


def kth_smallest(distances: Any, k: int) -> Any:
    """The k-th smallest of each row: (N, M) to (N,)."""
    return -tf.math.top_k(-distances, k)[0][:, -1]


@tf.function(reduce_retracing=True)
def _own_radii(rows: tf.Tensor, points: tf.Tensor) -> tf.Tensor:
    # A point is its own nearest neighbour, and does not count.
    return kth_smallest(squared_distances(rows, points), NEIGHBOURS + 1)


def manifold_of(features: np.ndarray) -> Manifold:
    """Measures the balls of a set.

    Args:
        features: (N, D), with N > NEIGHBOURS.

    Raises:
        ValueError: there are too few.
    """
    if len(features) <= NEIGHBOURS:
        raise ValueError(f"a manifold needs more than {NEIGHBOURS} images, not {len(features)}")
    points = np.ascontiguousarray(features, np.float32)
    radii = [
        _own_radii(points[start : start + _ROWS], points) for start in range(0, len(points), _ROWS)
    ]
    return Manifold(points, np.concatenate(radii))


def balls_around(features: Any, manifold: Manifold) -> Any:
    """How many of a manifold's balls hold each of (N, D): float32, (N,)."""
    inside = squared_distances(features, manifold.points) < manifold.radii
    return tf.reduce_sum(tf.cast(inside, tf.float32), axis=1)


@tf.function(reduce_retracing=True)
def _balls(rows: tf.Tensor, points: tf.Tensor, radii: tf.Tensor) -> tf.Tensor:
    return balls_around(rows, Manifold(points, radii))


def count_balls(features: np.ndarray, manifold: Manifold) -> np.ndarray:
    """`balls_around` for any number of features, as an array."""
    parts = [
        _balls(features[start : start + _ROWS], *manifold)
        for start in range(0, len(features), _ROWS)
    ]
    return np.concatenate(parts)


def covered(features: Any, generated: Any, real: Manifold) -> Any:
    """Whether a generated point lies in the ball that each feature would have among the real ones.

    Args:
        features: of real images that are not in `real`, (N, D).
        generated: (M, D).
        real: the set in which the k-th neighbour is looked for.

    Returns:
        float32, (N,): 1 or 0.
    """
    radii = kth_smallest(squared_distances(features, real.points), NEIGHBOURS)
    nearest = tf.reduce_min(squared_distances(features, generated), axis=1)
    return tf.cast(nearest < radii, tf.float32)
