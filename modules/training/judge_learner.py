"""How a judge learns: what it is shown, and what a step changes."""

from __future__ import annotations

from typing import Any, Protocol

import keras
import tensorflow as tf

from modules.data.augment import random_affine
from modules.metrics import judge_weights
from modules.metrics.judge import read_with

RATE, DECAY, DROPOUT = 2e-3, 0.02, 0.3
SHIFT, DEGREES, ZOOM = 2.0, 10.0, 0.1  # see random_affine; the shift is in images of USUAL pixels
USUAL = 28


class Chance(Protocol):
    """Where random numbers come from in a step."""

    def uniform(self, shape: Any) -> Any:
        """From 0 to 1."""

    def normal(self, shape: Any) -> Any:
        """Of mean 0 and variance 1."""

    def dropout(self, values: Any, rate: float) -> Any:
        """Sets a part of the values to 0, and makes the others as much larger."""


class Running:
    """TensorFlow's own sequence of random numbers, from where it stands."""

    def uniform(self, shape: Any) -> Any:
        return tf.random.uniform(shape)

    def normal(self, shape: Any) -> Any:
        return tf.random.normal(shape)

    def dropout(self, values: Any, rate: float) -> Any:
        return tf.nn.dropout(values, rate)


def roughen(images: Any, chance: Chance) -> Any:
    """Blurs, speckles and thins images, each by an amount of its own, from not at all on.

    A judge of generators has to read shapes: one that has only seen clean scans takes a few stray
    pixels for another kind of image altogether, and then says nothing else about a generator.

    Args:
        images: float32, (B, S, S), in [0, 1].
        chance: draws the amounts and the pixels.
    """
    count, side = tf.shape(images)[0], images.shape[1]
    less = min(1.0, side / USUAL)  # a pixel of a small image is more of it

    def amounts(most: float) -> Any:
        return less * most * chance.uniform((count, 1, 1)) ** 2

    blurred = tf.nn.avg_pool2d(images[..., None], _odd(3, side), 1, "SAME")[..., 0]
    rough = images + amounts(1.0) * (blurred - images)
    rough *= tf.cast(chance.uniform(tf.shape(images)) >= amounts(0.5), tf.float32)
    # Stray ink stands near the strokes, rarely elsewhere.
    near = tf.nn.max_pool2d(images[..., None], _odd(5, side), 1, "SAME")[..., 0]
    stray = chance.uniform(tf.shape(images)) < amounts(0.3) * (0.1 + 0.9 * near)
    rough = tf.maximum(rough, tf.cast(stray, tf.float32) * chance.uniform(tf.shape(images)))
    return tf.clip_by_value(rough + amounts(0.2) * chance.normal(tf.shape(images)), 0.0, 1.0)


def _odd(size: int, side: int) -> int:
    """A window of so many pixels in an image of USUAL pixels, in one of another side."""
    return max(1, 2 * round((size * side / USUAL - 1) / 2) + 1)


def move(images: Any, seed: Any) -> Any:
    """Moves, turns and scales images, uint8 (B, S, S), by a seed, int64 (2,)."""
    shift = SHIFT * images.shape[1] / USUAL
    return random_affine(images, seed, shift=shift, degrees=DEGREES, zoom=ZOOM)


class Learner:
    """A judge that learns.

    Args:
        side: pixels of the images.
        classes: to be told apart.
        steps: of the whole training.
        warm_up: steps until the learning rate is at its peak; fewer than `steps`.
        seed: for the first weights.

    Attributes:
        weights: variables, of the shapes that judge_weights.shapes gives.
    """

    def __init__(self, side: int, classes: int, steps: int, warm_up: int, seed: int) -> None:
        self.weights = _initial(side, classes, seed)
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0, steps - warm_up, warmup_target=RATE, warmup_steps=warm_up
        )
        self.optimizer = keras.optimizers.AdamW(schedule, weight_decay=DECAY)
        self.optimizer.build(self.weights)

    @property
    def state(self) -> list[Any]:
        """All variables: the weights, then the optimizer's."""
        return [*self.weights, *self.optimizer.variables]

    def learn(self, images: Any, labels: Any, chance: Chance) -> Any:
        """Takes one step, in a graph; gives the loss.

        Args:
            images: uint8, (B, S, S).
            labels: int64, (B,).
            chance: of this step.
        """
        weights = self.weights
        with tf.GradientTape() as tape:
            rough = roughen(tf.cast(images, tf.float32) / 255.0, chance)
            features, _ = read_with(weights, rough)
            logits = chance.dropout(features, DROPOUT) @ weights[-2] + weights[-1]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        gradients = tape.gradient(loss, weights)
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return loss


def _initial(side: int, classes: int, seed: int) -> list[tf.Variable]:
    """He et al. 2015's first values for kernels, zeros for biases."""
    draw = keras.initializers.HeNormal(seed)
    return [
        tf.Variable(draw(shape) if len(shape) > 1 else tf.zeros(shape), name=f"w{place}")
        for place, shape in enumerate(judge_weights.shapes(side, classes))
    ]
