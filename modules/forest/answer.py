"""A forest as TensorFlow operations, so that it is judged and served as networks are."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from modules.forest.trees import Trees


class Forest(tf.Module):
    """Answers about images by trees.

    Args:
        trees: of the forest; seven bytes a node are what its export takes.
    """

    def __init__(self, trees: Trees) -> None:
        super().__init__(name="forest")
        self._pixel = tf.Variable(trees.pixel, trainable=False)
        self._threshold = tf.Variable(trees.threshold, trainable=False)
        self._right = tf.Variable(trees.right, trainable=False)
        self._roots = tf.Variable(trees.roots, trainable=False)
        self._distributions = tf.Variable(trees.distributions, trainable=False)
        self._depth = trees.depth

    def probabilities(self, images: Any) -> tf.Tensor:
        """The mean of what the trees' leaves say.

        Args:
            images: uint8 (B, S, S).

        Returns:
            float32 (B, K).
        """
        flat = tf.reshape(images, [tf.shape(images)[0], -1])
        nodes = tf.tile(self._roots[None, :], [tf.shape(flat)[0], 1])

        def ask(step: tf.Tensor, nodes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            seen = tf.gather(flat, tf.cast(tf.gather(self._pixel, nodes), tf.int32), batch_dims=1)
            otherwise = tf.gather(self._right, nodes)
            below = tf.where(seen <= tf.gather(self._threshold, nodes), nodes + 1, otherwise)
            return step + 1, tf.where(otherwise < 0, nodes, below)

        _, nodes = tf.while_loop(
            lambda step, _: step < self._depth,
            ask,
            (0, nodes),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, None])),
        )
        rows = -1 - tf.gather(self._right, nodes)
        return tf.reduce_mean(tf.gather(self._distributions, rows), axis=1)
