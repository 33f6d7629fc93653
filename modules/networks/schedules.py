"""Learning rates over the steps of a training."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from modules.networks.live import plain

_RISE = 0.1  # the part of all steps in which the learning rate rises, unless told
_AFTER = 0.1  # of the peak: what a finished model learns by when somebody trains it further


@keras.saving.register_keras_serializable(package="triptych")
class RiseAndFall(keras.optimizers.schedules.LearningRateSchedule):
    """Rises in a line from 0 to the peak, then falls as a cosine.

    Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts". Past the
    last step it is a tenth of the peak for good, or a saved model that is trained further would
    learn nothing.

    Args:
        peak: the highest learning rate; may be live.
        total_steps: of the training.
        rise: the part of them in which it rises.
        last: what it falls to, as a part of the peak.
    """

    def __init__(self, peak: Any, total_steps: int, rise: float = _RISE, last: float = 0.0) -> None:
        self.peak, self.total_steps, self.rise, self.last = peak, total_steps, rise, last

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        rising = max(1, round(self.rise * self.total_steps))
        falling = max(1, self.total_steps - rising)
        step = tf.cast(step, tf.float32)
        fallen = tf.clip_by_value((step - rising) / falling, 0.0, 1.0)
        down = self.last + (1.0 - self.last) * 0.5 * (1.0 + tf.cos(math.pi * fallen))
        part = tf.where(step < rising, step / rising, down)
        return tf.cast(self.peak, tf.float32) * tf.where(step > self.total_steps, _AFTER, part)

    def get_config(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in ("total_steps", "rise", "last")}
        return {"peak": plain(self.peak), **kept}
