"""Learning rates over the steps of a training."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from modules.networks.live import following, plain

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
        total_steps: of the training; may be live.
        rise: the part of them in which it rises.
        last: what it falls to, as a part of the peak.
    """

    def __init__(self, peak: Any, total_steps: Any, rise: float = _RISE, last: float = 0.0) -> None:
        self.peak, self.total_steps, self.rise, self.last = peak, total_steps, rise, last
        self._rising = following(self._steps_of_rise, total_steps)
        self._falling = following(
            lambda all_: max(1, all_ - self._steps_of_rise(all_)), total_steps
        )

    def _steps_of_rise(self, total_steps: float) -> int:
        return max(1, round(self.rise * total_steps))

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        given = (step, self.total_steps, self._rising, self._falling, self.peak)
        step, total, rising, falling, peak = (tf.cast(one, tf.float32) for one in given)
        fallen = tf.clip_by_value((step - rising) / falling, 0.0, 1.0)
        down = self.last + (1.0 - self.last) * 0.5 * (1.0 + tf.cos(math.pi * fallen))
        part = tf.where(step < rising, step / rising, down)
        return peak * tf.where(step > total, _AFTER, part)

    def get_config(self) -> dict[str, Any]:
        return {
            name: plain(getattr(self, name)) for name in ("peak", "total_steps", "rise", "last")
        }
