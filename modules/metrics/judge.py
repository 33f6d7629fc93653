"""The judge: a frozen digit reader, by whose eyes generators are scored.

A small convolutional network that scripts/train_judge.py made once, from the training images alone.
It is given as constants: nothing that trains or exports can change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from modules.data.features import IMAGE_SIDE
from modules.metrics.judge_weights import CONVOLUTIONS, LENGTH, weights

_BATCH = 1000


class Reading(NamedTuple):
    """What the judge sees in images.

    Attributes:
        features: float32, (N, FEATURES); 0 or more, each row of length LENGTH.
        logits: float32, (N, 10); the greatest is the digit.
    """

    features: Any
    logits: Any


def read_with(weights: Sequence[Any], images: Any) -> Reading:
    """Reads images with weights of the given kind, arrays or variables.

    Args:
        weights: of the shapes that `shapes` gives.
        images: float32, (N, 28, 28), from 0 (paper) to 1 (ink).
    """
    hidden = images[..., None]
    for layer, (_, stride) in enumerate(CONVOLUTIONS):
        kernel, bias = weights[2 * layer : 2 * layer + 2]
        hidden = tf.nn.relu(tf.nn.conv2d(hidden, kernel, stride, "SAME") + bias)
    dense, dense_bias, last, last_bias = weights[-4:]
    flat = tf.reshape(hidden, (-1, dense.shape[0]))
    features = tf.nn.relu(flat @ dense + dense_bias)
    return Reading(features, features @ last + last_bias)


def read(images: Any) -> Reading:
    """Reads images, in a graph or out of it.

    How long a row of features is says how sure the judge is, and near the origin lies everything
    that is no digit at all; what an image looks like is in the direction, and that alone is kept.

    Args:
        images: float32, (N, 28, 28), from 0 (paper) to 1 (ink).
    """
    features, logits = read_with(weights(), tf.cast(images, tf.float32))
    return Reading(LENGTH * tf.math.l2_normalize(features, axis=1), logits)


@tf.function(input_signature=[tf.TensorSpec((None, IMAGE_SIDE, IMAGE_SIDE))], reduce_retracing=True)
def _read_batch(images: tf.Tensor) -> Reading:
    return read(images)


def read_all(images: np.ndarray) -> Reading:
    """Reads any number of images, batch by batch.

    Args:
        images: (N, 28, 28): uint8, or floats from 0 to 1.

    Returns:
        NumPy arrays.
    """
    scale = 255.0 if images.dtype == np.uint8 else 1.0
    parts = [
        _read_batch(tf.constant(images[start : start + _BATCH].astype(np.float32) / scale))
        for start in range(0, len(images), _BATCH)
    ]
    return Reading(*(np.concatenate([part[i].numpy() for part in parts]) for i in range(2)))
