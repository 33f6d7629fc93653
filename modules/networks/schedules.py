"""Learning rates over the steps of a training."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

_RISE = 0.1  # the part of all steps in which the learning rate rises, unless told
_AFTER = 0.1  # of the peak: what a finished model learns by when somebody trains it further


@keras.saving.register_keras_serializable(package="triptych")
class RiseAndFall(keras.optimizers.schedules.CosineDecay):
    """Rises in a line from 0 to the peak, then falls as a cosine.

    Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts". Past the
    last step it is a tenth of the peak for good, or a saved model that is trained further would
    learn nothing.

    Args:
        peak: the highest learning rate.
        total_steps: of the training.
        rise: the part of them in which it rises.
        last: what it falls to, as a part of the peak.
    """

    def __init__(
        self, peak: float, total_steps: int, rise: float = _RISE, last: float = 0.0
    ) -> None:
        rising = max(1, round(rise * total_steps))
        super().__init__(
            initial_learning_rate=0.0,
            decay_steps=max(1, total_steps - rising),
            alpha=last,
            warmup_target=peak,
            warmup_steps=rising,
        )
        self.peak, self.total_steps, self.rise, self.last = peak, total_steps, rise, last

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        past = ops.convert_to_tensor(step) > self.total_steps
        return ops.where(past, _AFTER * self.peak, super().__call__(step))

    def get_config(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("peak", "total_steps", "rise", "last")}
