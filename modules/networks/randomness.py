"""Random numbers that belong to an image, a request or a step, not to when it is asked for them.

The same seed gives the same numbers wherever and in whatever company it is asked, so that a served
sample can be asked for again, an evaluation does not depend on how its images are batched, and a
training that goes on draws what it would have drawn.
"""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf


@functools.cache
def _factors(pixels: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(1).integers(-(2**62), 2**62, (2, pixels))


def seeds_of_images(images: Any) -> Any:
    """A seed for each image, made of its pixels: uint8 (B, S, S), S known, to int64 (B, 2)."""
    pixels = images.shape[1] * images.shape[2]
    flat = tf.cast(tf.reshape(images, (-1, 1, pixels)), tf.int64)
    return tf.reduce_sum(flat * _factors(pixels), axis=2)  # wraps around: a hash


def seeds_of_numbers(numbers: Any) -> Any:
    """A seed for each number: int64 (B,) to (B, 2)."""
    return tf.stack([numbers, tf.zeros_like(numbers)], axis=1)


def uniform(seeds: Any, *shape: int) -> Any:
    """Numbers from 0 to 1 of each seed: int64 (B, 2) to float32 (B, *shape)."""
    return _each(tf.random.stateless_uniform, seeds, shape)


def normal(seeds: Any, *shape: int) -> Any:
    """Standard normal numbers of each seed: int64 (B, 2) to float32 (B, *shape)."""
    return _each(tf.random.stateless_normal, seeds, shape)


def _each(draw: Any, seeds: Any, shape: tuple[int, ...]) -> Any:
    return tf.map_fn(
        lambda seed: draw(shape, seed),
        seeds,
        fn_output_signature=tf.TensorSpec(shape, tf.float32),
    )


def begin(seed: int) -> None:
    """Has Keras draw the first weights of the next layers by a seed.

    Keras takes it from Python's own random numbers. TensorFlow's need not be touched, which would
    have it prepare anew all that it has compiled; of these networks, none draws from them.
    """
    random.seed(seed)


class Numbered:
    """Random numbers of a step, the same whenever it is taken.

    Args:
        seed: integers, (2,), of the step.
    """

    def __init__(self, seed: Any) -> None:
        self._seed, self._drawn = seed, 0

    def _next(self) -> Any:
        self._drawn += 1
        return tf.random.fold_in(self._seed, self._drawn)

    def uniform(self, shape: Any) -> Any:
        """From 0 to 1."""
        return tf.random.stateless_uniform(shape, self._next())

    def normal(self, shape: Any) -> Any:
        """Of mean 0 and variance 1."""
        return tf.random.stateless_normal(shape, self._next())

    def dropout(self, values: Any, rate: float) -> Any:
        """Sets a part of the values to 0, and makes the others as much larger."""
        return tf.nn.experimental.stateless_dropout(values, rate, self._next())


def of_step(noise: Any, optimizer: Any) -> Numbered:
    """The random numbers of a training's next step.

    Args:
        noise: a keras.random.SeedGenerator; only its seed is used, which differs by training.
        optimizer: knows how many steps have been taken.
    """
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    seed = tf.convert_to_tensor(noise.state)[0] + tf.cast(replica, tf.int64)
    return Numbered(tf.stack([seed, tf.cast(optimizer.iterations, tf.int64)]))
