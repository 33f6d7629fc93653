"""How well a sampler's images stand for the real ones, by the judge's eyes.

Three sets of features, of the same size: real training images, to compare with; other real training
images, the *floor*, which show what a perfect sampler would reach; and generated ones. Test images
are measured against them, one at a time, so that every figure can be sliced; facts about generated
and floor images travel with the test image of the same number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from modules.metrics.judge import Judge
from modules.metrics.manifolds import balls_around, count_balls, covered, manifold_of

MOST = 10_000  # images in each of the three sets

_BATCH = 1000


class SampleFacts:
    """Makes facts about test images and samples, inside an exported model.

    Args:
        sample: from n to n generated images, float32 (n, S, S) in [0, 1].
        images: real training ones, uint8 (N, S, S).
        seed: draws the real ones.
        judge: by whose eyes; it reads images of that side.
    """

    def __init__(
        self, sample: Callable[[int], np.ndarray], images: np.ndarray, seed: int, judge: Judge
    ) -> None:
        self._judge = judge
        self.count = min(MOST, len(images) // 2)
        drawn = np.random.default_rng(seed).permutation(len(images))
        real = judge.read_all(images[drawn[: self.count]])
        floor = judge.read_all(images[drawn[self.count : 2 * self.count]])
        self.generated_images = sample(self.count)
        generated = judge.read_all(self.generated_images)
        self._real = manifold_of(real.features)
        self._others = {
            "generated": (generated, manifold_of(generated.features)),
            "floor": (floor, manifold_of(floor.features)),
        }
        self._tables: dict[str, np.ndarray] = {}
        for name, (reading, _) in self._others.items():
            self._tables |= {
                f"{name}_features": reading.features,
                f"{name}_class": reading.logits.argmax(axis=1).astype(np.int32),
                f"{name}_balls": count_balls(reading.features, self._real),
            }

    def about(self, images: Any, index: Any) -> dict[str, Any]:
        """Facts about test images and the samples of the same numbers.

        Args:
            images: uint8, (B, S, S).
            index: int64, (B,): the images' places among the test images.
        """
        features = self._judge.read(tf.cast(images, tf.float32) / 255.0).features
        row = index % self.count
        facts = {name: tf.gather(table, row) for name, table in self._tables.items()}
        facts["features"] = features
        for name, (reading, manifold) in self._others.items():
            facts[f"{name}_covers"] = covered(features, reading.features, self._real)
            near = balls_around(features, manifold) > 0.0
            facts[f"{name}_recalls"] = tf.cast(near, tf.float32)
        return facts


def in_batches(sample: Callable[[Any], Any]) -> Callable[[int], np.ndarray]:
    """From a sampler by numbers, int64 (B,), to one of as many images as are wanted."""
    drawing = tf.function(
        sample, input_signature=[tf.TensorSpec((None,), tf.int64)], autograph=False
    )

    def draw(count: int) -> np.ndarray:
        numbers: np.ndarray = np.arange(count, dtype=np.int64)
        parts = [drawing(numbers[start : start + _BATCH]) for start in range(0, count, _BATCH)]
        return np.concatenate([part.numpy() for part in parts])

    return draw
