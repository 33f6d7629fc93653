"""A forest as TensorFlow operations, so that it is judged and served as networks are."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from modules.forest.trees import Trees


class Forest(tf.Module):
    """Answers about images by trees.

    Args:
        trees: of the forest; eleven bytes a question are what its export takes.
    """

    def __init__(self, trees: Trees) -> None:
        super().__init__(name="forest")
        self._pixel = tf.Variable(trees.pixel, trainable=False)
        self._threshold = tf.Variable(trees.threshold, trainable=False)
        self._below = tf.Variable(trees.below, trainable=False)
        self._roots = tf.Variable(trees.roots, trainable=False)
        self._distributions = tf.Variable(trees.distributions, trainable=False)

    def probabilities(self, images: Any) -> tf.Tensor:
        """The mean of what the trees' leaves say.

        Args:
            images: uint8 (B, S, S).

        Returns:
            float32 (B, K).
        """
        shape = tf.shape(images)
        count, pixels, trees = shape[0], shape[1] * shape[2], tf.size(self._roots)
        flat = tf.reshape(images, [-1])
        pixel, threshold = tf.identity(self._pixel), tf.identity(self._threshold)
        below = tf.reshape(self._below, [-1])
        # Who is on the way, for each image in each tree: the node, where the image begins, and the
        # place among the leaves that are found, (B * T,).
        leaves = tf.tile(self._roots, [count])
        place = tf.range(count * trees)
        begin = tf.repeat(tf.range(count) * pixels, trees)
        asking = leaves >= 0
        way = [tf.boolean_mask(one, asking) for one in (leaves, begin, place)]

        def ask(
            node: tf.Tensor, begin: tf.Tensor, place: tf.Tensor, leaves: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            seen = tf.gather(flat, begin + tf.cast(tf.gather(pixel, node), tf.int32))
            above = tf.cast(seen > tf.gather(threshold, node), tf.int32)
            node = tf.gather(below, 2 * node + above)
            there = tf.where(node < 0)
            leaves = tf.tensor_scatter_nd_update(
                leaves, tf.gather(place, there), tf.gather(node, there[:, 0])
            )
            on = tf.where(node >= 0)[:, 0]
            return tf.gather(node, on), tf.gather(begin, on), tf.gather(place, on), leaves

        some = tf.TensorShape([None])
        *_, leaves = tf.while_loop(
            lambda node, *_: tf.size(node) > 0, ask, (*way, leaves), shape_invariants=(some,) * 4
        )
        said = tf.gather(self._distributions, -1 - leaves)  # (B * T, K)
        by_tree = tf.reshape(said, [count, trees, self._distributions.shape[1]])
        return tf.reduce_mean(by_tree, axis=1)
