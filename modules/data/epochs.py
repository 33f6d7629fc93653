"""A seed that knows the epoch, so that a training that goes on sees what it would have seen."""

from __future__ import annotations

import tensorflow as tf


class EpochSeed(int):
    """A seed for batches, whose order and changes follow from it and from the epoch.

    How often a stream was begun says nothing of the epoch: Keras begins it twice in one. As an
    integer, for whoever knows no epochs, it is another one wherever a training goes on.

    Args:
        seed: of the training.
        done: epochs before the first that is read.

    Attributes:
        seed: of the training.
        epoch: int64, from 0; to be assigned before each epoch.
    """

    seed: int
    epoch: tf.Variable

    def __new__(cls, seed: int, done: int = 0) -> EpochSeed:
        self = super().__new__(cls, seed + done)
        self.seed = seed
        with tf.device("CPU:0"):  # where tf.data reads it
            self.epoch = tf.Variable(done, trainable=False, dtype=tf.int64)
        return self


def first_draws(seed: int) -> tf.data.Dataset:
    """The one seed, int64 (2,), that all which an epoch draws follows from.

    Args:
        seed: if it is no EpochSeed, each reading of the stream has another one.
    """
    if isinstance(seed, EpochSeed):
        training, epoch = seed.seed, seed.epoch
        return tf.data.Dataset.range(1).map(lambda _: tf.stack([training, epoch.read_value()]))
    draws = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return draws.batch(2).take(1)
