"""How well a sampler's images stand for the real ones, by the judge's eyes.

Three sets of features, of the same size: real training images, to compare with; other real training
images, the *floor*, which show what a perfect sampler would reach; and generated ones. Test images
are measured against them, one at a time, so that every figure can be sliced; facts about generated
and floor images travel with the test image of the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from modules.data.features import CLASSES
from modules.metrics import judge
from modules.metrics.frechet import frechet_distance
from modules.metrics.manifolds import NEIGHBOURS, balls_around, count_balls, covered, manifold_of

MOST = 10_000  # images in each of the three sets

_BATCH = 1000
_SLICED = ("coverage", "floor_coverage", "relative_coverage", "recall", "floor_recall")
OVERALL = (
    "frechet",
    "floor_frechet",
    "relative_frechet",
    "precision",
    "floor_precision",
    "density",
    "floor_density",
    "entropy",
    "floor_entropy",
    *(f"share_of_{digit}" for digit in range(CLASSES)),
    *(f"floor_share_of_{digit}" for digit in range(CLASSES)),
    *(f"precision_of_{digit}" for digit in range(CLASSES)),
)
FIGURES = (*_SLICED, *OVERALL)


class SampleFacts:
    """Makes facts about test images and samples, inside an exported model.

    Args:
        sample: from n to n generated images, float32 (n, 28, 28) in [0, 1].
        images: real training ones, uint8 (N, 28, 28).
        seed: draws the real ones.
    """

    def __init__(self, sample: Callable[[int], np.ndarray], images: np.ndarray, seed: int) -> None:
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
                f"{name}_digit": reading.logits.argmax(axis=1).astype(np.int32),
                f"{name}_balls": count_balls(reading.features, self._real),
            }

    def about(self, images: Any, index: Any) -> dict[str, Any]:
        """Facts about test images and the samples of the same numbers.

        Args:
            images: uint8, (B, 28, 28).
            index: int64, (B,): the images' places among the test images.
        """
        features = judge.read(tf.cast(images, tf.float32) / 255.0).features
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
        numbers = np.arange(count, dtype=np.int64)
        parts = [drawing(numbers[start : start + _BATCH]) for start in range(0, count, _BATCH)]
        return np.concatenate([part.numpy() for part in parts])

    return draw


def sample_figures(facts: Mapping[str, np.ndarray]) -> dict[str, float]:
    """FIGURES of a slice, from the facts about its images.

    OVERALL's are about the samples, which have nothing to do with the image that they travel with:
    they mean something for the whole test split alone.
    """
    found: dict[str, float] = {}
    for name, prefix in (("generated", ""), ("floor", "floor_")):
        digits, balls = facts[f"{name}_digit"].reshape(-1), facts[f"{name}_balls"].reshape(-1)
        shares = np.bincount(digits, minlength=CLASSES) / len(digits)
        found |= {
            f"{prefix}coverage": float(facts[f"{name}_covers"].mean()),
            f"{prefix}recall": float(facts[f"{name}_recalls"].mean()),
            f"{prefix}frechet": frechet_distance(facts[f"{name}_features"], facts["features"]),
            f"{prefix}precision": float((balls > 0).mean()),
            f"{prefix}density": float(balls.mean() / NEIGHBOURS),
            f"{prefix}entropy": float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum()),
        }
        found |= {f"{prefix}share_of_{digit}": float(s) for digit, s in enumerate(shares)}
        if not prefix:
            found |= {
                f"precision_of_{digit}": _mean(balls[digits == digit] > 0)
                for digit in range(CLASSES)
            }
    found["relative_coverage"] = _ratio(found["coverage"], found["floor_coverage"])
    found["relative_frechet"] = _ratio(found["frechet"], found["floor_frechet"])
    return found


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(value: float, floor: float) -> float:
    return value / floor if floor else float("nan")
