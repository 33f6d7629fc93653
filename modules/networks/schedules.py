"""Learning rates over the steps of a training."""

from __future__ import annotations

import keras

_RISE = 0.1  # the part of all steps in which the learning rate rises, unless told


def rise_and_fall(
    peak: float, total_steps: int, rise: float = _RISE, last: float = 0.0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rises in a line from 0 to the peak, then falls as a cosine.

    Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts".

    Args:
        peak: the highest learning rate.
        total_steps: of the training.
        rise: the part of them in which it rises.
        last: what it falls to, as a part of the peak.
    """
    rising = max(1, round(rise * total_steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=max(1, total_steps - rising),
        alpha=last,
        warmup_target=peak,
        warmup_steps=rising,
    )
