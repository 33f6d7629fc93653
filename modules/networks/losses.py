"""Losses that Keras does not have."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from modules.networks.live import plain


@keras.saving.register_keras_serializable(package="triptych")
class SmoothedCrossEntropy(keras.losses.Loss):
    """The cross entropy of whole labels that are made less sure: Szegedy et al. 2016, section 7.

    Args:
        smoothing: the share of a label that all classes get alike; may be live.
    """

    def __init__(self, smoothing: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smoothing = smoothing

    def call(self, labels: Any, probabilities: Any) -> Any:
        """Nats, (B,), of labels, integers (B,) or (B, 1), and probabilities, (B, K)."""
        classes = probabilities.shape[-1]
        wanted = ops.one_hot(ops.reshape(ops.cast(labels, "int32"), (-1,)), classes)
        if self.smoothing:
            shared = tf.cast(self.smoothing, wanted.dtype)
            wanted = wanted * (1.0 - shared) + shared / classes
        return keras.losses.categorical_crossentropy(wanted, probabilities)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "smoothing": plain(self.smoothing)}
