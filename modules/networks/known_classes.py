"""How many classes a sampler knows, as a Keras metric: fewer and fewer where it collapses."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

# A class counts as forgotten whose share of the samples is below this part of an even one, or, if
# that is less, of its own share in training: a rare class is not expected as often as the others.
LEAST_OF_EVEN, LEAST_OF_OWN = 0.2, 0.25


@keras.saving.register_keras_serializable(package="triptych")
class KnownClasses(keras.metrics.Metric):
    """How many classes there are among samples; see LEAST_OF_EVEN and LEAST_OF_OWN.

    Args:
        classes: K, how many there could be.
        name: of the figure.
    """

    def __init__(self, classes: int, name: str) -> None:
        super().__init__(name=name)
        zeros = keras.initializers.Zeros()
        self.classes = classes
        self.read = self.add_variable((classes,), zeros, name="read")
        self.trained = self.add_variable((classes,), zeros, name="trained")

    def update_state(self, logits: Any, trained: Any) -> None:
        """Adds a batch of samples.

        Args:
            logits: the judge's, (B, K).
            trained: how many training images of each class there were, (K,).
        """
        read = tf.one_hot(tf.argmax(logits, axis=1), self.classes)
        self.read.assign_add(tf.reduce_sum(read, axis=0))
        self.trained.assign(trained)

    def result(self) -> Any:
        read, trained = tf.convert_to_tensor(self.read), tf.convert_to_tensor(self.trained)
        own = trained / tf.maximum(tf.reduce_sum(trained), 1.0)
        least = tf.minimum(LEAST_OF_EVEN / self.classes, LEAST_OF_OWN * own)
        known = (read > 0.0) & (read >= least * tf.reduce_sum(read))
        return tf.reduce_sum(tf.cast(known, tf.float32))

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "classes": self.classes}
