"""Optimizers that spare some variables their weight decay, and still do when they are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from modules.networks.live import plain_values


class Sparing:
    """What is mixed into an optimizer of Keras's, which forgets what was spared when it is saved.

    Its weight decay may be live.

    Args:
        spared: parts of variables' names; such variables have no weight decay.
    """

    def __init__(self, *args: Any, spared: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spared = tuple(spared)
        if spared:
            self.exclude_from_weight_decay(var_names=list(spared))  # type: ignore[attr-defined]

    def get_config(self) -> dict[str, Any]:
        kept: dict[str, Any] = super().get_config()  # type: ignore[misc]
        return {**plain_values(kept), "spared": list(self.spared)}


@keras.saving.register_keras_serializable(package="triptych")
class SparingAdamW(Sparing, keras.optimizers.AdamW):
    """AdamW: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"."""
