"""The Fréchet distance between two sets of features, taken as Gaussians.

d² = |m₁ - m₂|² + Tr(C₁ + C₂ - 2 (C₁ C₂)^½): Dowson and Landau 1982, "The Fréchet Distance between
Multivariate Normal Distributions". What is given is d², as Heusel et al. 2017, who brought it to
GANs, do for their FID.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """The distance between two sets of features.

    Args:
        first: (N, D).
        second: (M, D).

    Returns:
        d², in the square of the features' units; NaN with fewer than 2 of either.
    """
    if min(len(first), len(second)) < 2:
        return float("nan")
    means = [features.mean(axis=0, dtype=np.float64) for features in (first, second)]
    covariances = [np.cov(f.astype(np.float64), rowvar=False) for f in (first, second)]
    return float(distance_of_gaussians(*means, *covariances))


def distance_of_gaussians(mean_1: Any, mean_2: Any, covariance_1: Any, covariance_2: Any) -> Any:
    """d² between two Gaussians; means (D,), covariances (D, D), all float64."""
    # Tr (C1 C2)^½ is that of the symmetric (C1^½ C2 C1^½)^½, which needs no complex numbers.
    values, vectors = tf.linalg.eigh(covariance_1)
    root = (vectors * tf.sqrt(tf.maximum(values, 0.0))) @ tf.transpose(vectors)
    inner = tf.linalg.eigvalsh(root @ covariance_2 @ root)
    cross = tf.reduce_sum(tf.sqrt(tf.maximum(inner, 0.0)))
    traces = tf.linalg.trace(covariance_1) + tf.linalg.trace(covariance_2)
    return tf.maximum(tf.reduce_sum(tf.square(mean_1 - mean_2)) + traces - 2.0 * cross, 0.0)


@keras.saving.register_keras_serializable(package="triptych")
class FrechetDistance(keras.metrics.Metric):
    """The distance as a Keras metric, which adds batches up in the graph.

    Args:
        size: D, of the features.
        name: of the figure.
    """

    def __init__(self, size: int, name: str = "frechet") -> None:
        super().__init__(name=name, dtype="float64")
        self.size = size
        zeros = keras.initializers.Zeros()
        self.count = self.add_variable((), zeros, "float64", name="count")
        self.sums = self.add_variable((2, size), zeros, "float64", name="sums")
        self.products = self.add_variable((2, size, size), zeros, "float64", name="products")

    def update_state(self, first: Any, second: Any) -> None:
        """Adds a batch of each set, (B, D), with as many in one as in the other."""
        both = tf.cast(tf.stack([first, second]), tf.float64)
        self.count.assign_add(tf.cast(tf.shape(first)[0], tf.float64))
        self.sums.assign_add(tf.reduce_sum(both, axis=1))
        self.products.assign_add(tf.matmul(both, both, transpose_a=True))

    def result(self) -> Any:
        count = tf.maximum(tf.convert_to_tensor(self.count), 2.0)
        means = tf.convert_to_tensor(self.sums) / count
        outer = means[:, :, None] * means[:, None, :]
        covariances = (tf.convert_to_tensor(self.products) - count * outer) / (count - 1.0)
        distance = distance_of_gaussians(means[0], means[1], covariances[0], covariances[1])
        enough = tf.convert_to_tensor(self.count) >= 2.0
        return tf.cast(tf.where(enough, distance, math.nan), tf.float32)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "size": self.size}
