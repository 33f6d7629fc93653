"""The judge: a frozen reader of images, by whose eyes generators are scored.

A small convolutional network that learnt from training images alone: the shipped one, which
scripts/train_judge.py made once, from MNIST's; or one that was trained on other data, by the node
Judge. It is given as constants: nothing that trains or exports can change it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from modules.metrics import judge_weights
from modules.metrics.judge_weights import LENGTH, convolutions
from modules.util.files import write_json

FACTS, WEIGHTS = "judge.json", "judge.npz"  # of a judge's folder

_PLAIN = ("side", "classes", "accuracy", "fingerprint")
_BATCH = 1000


class Reading(NamedTuple):
    """What the judge sees in images.

    Attributes:
        features: float32, (N, FEATURES); 0 or more, each row of length LENGTH.
        logits: float32, (N, classes); the greatest is the class.
    """

    features: Any
    logits: Any


def read_with(weights: Sequence[Any], images: Any) -> Reading:
    """Reads images with weights of the given kind, arrays or variables.

    Args:
        weights: of the shapes that judge_weights.shapes gives for the images' side.
        images: float32, (N, S, S), from 0 (paper) to 1 (ink).

    Returns:
        Features of any length, and logits.
    """
    hidden = images[..., None]
    for layer, (_, stride) in enumerate(convolutions(images.shape[1])):
        kernel, bias = weights[2 * layer : 2 * layer + 2]
        hidden = tf.nn.relu(tf.nn.conv2d(hidden, kernel, stride, "SAME") + bias)
    dense, dense_bias, last, last_bias = weights[-4:]
    flat = tf.reshape(hidden, (-1, dense.shape[0]))
    features = tf.nn.relu(flat @ dense + dense_bias)
    return Reading(features, features @ last + last_bias)


@dataclasses.dataclass(frozen=True, eq=False)
class Judge:
    """A judge of images of one kind.

    Attributes:
        side: pixels along each side of the images that it reads.
        classes: how many it tells apart.
        accuracy: the part of the eval split's images whose class it reads right.
        fingerprint: a name for its weights: results of different judges cannot be compared.
        weights: float32, of the shapes that judge_weights.shapes gives.
    """

    side: int
    classes: int
    accuracy: float
    fingerprint: str
    weights: tuple[np.ndarray, ...] = dataclasses.field(repr=False)

    def read(self, images: Any) -> Reading:
        """Reads images, in a graph or out of it.

        How long a row of features is says how sure the judge is, and near the origin lies
        everything that is of no class at all; what an image looks like is in the direction, and
        that alone is kept.

        Args:
            images: float32, (N, S, S), from 0 (paper) to 1 (ink).
        """
        features, logits = read_with(self.weights, tf.cast(images, tf.float32))
        return Reading(LENGTH * tf.math.l2_normalize(features, axis=1), logits)

    @functools.cached_property
    def _read_batch(self) -> Any:
        images = tf.TensorSpec((None, self.side, self.side))
        return tf.function(self.read, input_signature=[images], reduce_retracing=True)

    def read_all(self, images: np.ndarray) -> Reading:
        """Reads any number of images, batch by batch.

        Args:
            images: (N, S, S): uint8, or floats from 0 to 1; N is 1 or more.

        Returns:
            NumPy arrays.
        """
        scale = 255.0 if images.dtype == np.uint8 else 1.0
        parts = [
            self._read_batch(tf.constant(images[start : start + _BATCH].astype(np.float32) / scale))
            for start in range(0, len(images), _BATCH)
        ]
        return Reading(*(np.concatenate([part[i].numpy() for part in parts]) for i in range(2)))

    def accuracy_on(self, images: np.ndarray, labels: np.ndarray) -> float:
        """The part of images, (N, S, S), that are read as their labels, (N,), say."""
        return float((self.read_all(images).logits.argmax(axis=1) == labels).mean())

    def save(self, folder: str | Path) -> None:
        """Writes the judge for `load`, all or nothing; makes the folder."""
        facts, weights = Path(folder, FACTS), Path(folder, WEIGHTS)
        weights.parent.mkdir(parents=True, exist_ok=True)
        facts.unlink(missing_ok=True)  # without it, the folder holds no judge
        judge_weights.write_weights(weights, self.weights)
        write_json(facts, {name: getattr(self, name) for name in _PLAIN})


@functools.cache
def shipped() -> Judge:
    """The judge that comes with the project, which reads MNIST.

    Raises:
        ValueError: its file does not hold its weights.
    """
    path, side, classes = judge_weights.WEIGHTS, judge_weights.SIDE, judge_weights.CLASSES
    weights = judge_weights.read_weights(path, side, classes)
    mark = judge_weights.fingerprint_of_file(path)
    return Judge(side, classes, judge_weights.ACCURACY, mark, weights)


def load(folder: str | Path) -> Judge:
    """Reads the judge that `save` wrote.

    Raises:
        ValueError: the folder holds none, or one of another version of the project.
    """
    path = Path(folder, FACTS)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        side, classes, accuracy, mark = (facts[name] for name in _PLAIN)
        side, classes, accuracy, mark = int(side), int(classes), float(accuracy), str(mark)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} does not describe a judge") from error
    weights = judge_weights.read_weights(Path(folder, WEIGHTS), side, classes)
    return Judge(side, classes, accuracy, mark, weights)
