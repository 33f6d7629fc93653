"""Random numbers that belong to an image or a request, not to the batch it comes in.

The same seed gives the same numbers wherever and in whatever company it is asked, so that a served
sample can be asked for again and an evaluation does not depend on how its images are batched.
"""

from __future__ import annotations

import functools
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
