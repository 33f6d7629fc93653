"""The judge: a frozen digit reader, by whose eyes generators are scored.

A small convolutional network that scripts/train_judge.py made once, from the training images alone.
It is given as constants: nothing that trains or exports can change it.
"""

from __future__ import annotations

import functools
import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from modules.data.features import CLASSES, IMAGE_SIDE

WEIGHTS = Path(__file__).with_name("judge.npz")
FEATURES = 64
LENGTH = 8.0  # the root of FEATURES, so that a feature is of the order of 1

# Of each convolution: filters and stride; 3 x 3, padded, followed by ReLU.
CONVOLUTIONS = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (64, 2))
_SIDE = 4  # of what the last convolution leaves of 28 pixels
_BATCH = 1000


class Reading(NamedTuple):
    """What the judge sees in images.

    Attributes:
        features: float32, (N, FEATURES); 0 or more, each row of length LENGTH.
        logits: float32, (N, 10); the greatest is the digit.
    """

    features: Any
    logits: Any


def shapes() -> list[tuple[int, ...]]:
    """The shapes of the judge's weights, in their order: a kernel and a bias for each layer."""
    found: list[tuple[int, ...]] = []
    channels = 1
    for filters, _ in CONVOLUTIONS:
        found += [(3, 3, channels, filters), (filters,)]
        channels = filters
    flat = _SIDE * _SIDE * channels
    return [*found, (flat, FEATURES), (FEATURES,), (FEATURES, CLASSES), (CLASSES,)]


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


@functools.cache
def _weights() -> tuple[np.ndarray, ...]:
    wanted = shapes()
    try:
        with np.load(WEIGHTS, allow_pickle=False) as stored:
            weights = tuple(stored[f"w{place}"] for place in range(len(wanted)))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        weights = ()
    if [weight.shape for weight in weights] != wanted:
        raise ValueError(f"{WEIGHTS} does not hold the judge's weights; restore it")
    return weights


def read(images: Any) -> Reading:
    """Reads images, in a graph or out of it.

    How long a row of features is says how sure the judge is, and near the origin lies everything
    that is no digit at all; what an image looks like is in the direction, and that alone is kept.

    Args:
        images: float32, (N, 28, 28), from 0 (paper) to 1 (ink).
    """
    features, logits = read_with(_weights(), tf.cast(images, tf.float32))
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


def fingerprint() -> str:
    """A hash of the judge's weights: results of different judges cannot be compared."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]
