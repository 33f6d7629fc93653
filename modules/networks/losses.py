"""Losses that Keras does not have."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="triptych")
class SmoothedCrossEntropy(keras.losses.Loss):
    """The cross entropy of whole labels that are made less sure: Szegedy et al. 2016, section 7.

    Args:
        smoothing: the share of a label that all classes get alike.
    """

    def __init__(self, smoothing: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smoothing = smoothing

    def call(self, labels: Any, probabilities: Any) -> Any:
        """Nats, (B,), of labels, integers (B,) or (B, 1), and probabilities, (B, K)."""
        classes = probabilities.shape[-1]
        wanted = ops.one_hot(ops.reshape(ops.cast(labels, "int32"), (-1,)), classes)
        return keras.losses.categorical_crossentropy(
            wanted, probabilities, label_smoothing=self.smoothing
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "smoothing": self.smoothing}
