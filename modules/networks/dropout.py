"""Dropout whose random numbers go on where they were when it is loaded."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="triptych")
class Dropout(keras.layers.Dropout):
    """Keras's own, which saves no state of its random numbers and begins with new ones."""

    def save_own_variables(self, store: Any) -> None:
        """Writes down how far the random numbers are; Keras calls this."""
        if self.rate > 0.0:
            store["seed"] = self.seed_generator.state

    def load_own_variables(self, store: Any) -> None:
        """Goes on where they were; Keras calls this."""
        if self.rate > 0.0:
            self.seed_generator.state.assign(store["seed"])
