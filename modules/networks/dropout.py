"""Dropout whose random numbers go on where they were when it is loaded."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from modules.networks.live import plain


@keras.saving.register_keras_serializable(package="triptych")
class Dropout(keras.layers.Dropout):
    """Keras's own, which saves no state of its random numbers and begins with new ones.

    Args:
        rate: the part that training leaves out; may be live.
    """

    def __init__(self, rate: Any, **kwargs: Any) -> None:
        super().__init__(plain(rate), **kwargs)
        self.rate = rate

    def call(self, inputs: Any, training: bool = False) -> Any:
        """From any shape to the same."""
        if not training or not self.rate:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        rate = tf.cast(self.rate, inputs.dtype)
        return tf.nn.experimental.stateless_dropout(inputs, rate=rate, seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": plain(self.rate)}

    def save_own_variables(self, store: Any) -> None:
        """Writes down how far the random numbers are; Keras calls this."""
        if self.rate:
            store["seed"] = self.seed_generator.state

    def load_own_variables(self, store: Any) -> None:
        """Goes on where they were; Keras calls this."""
        if self.rate:
            self.seed_generator.state.assign(store["seed"])
