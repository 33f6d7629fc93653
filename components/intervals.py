"""How sure a figure is: its 95 % interval, from how many Examples stand behind it."""

from __future__ import annotations

import math
from typing import NamedTuple

from modules.contract.evaluation import Scale

_Z = 1.959964  # of the normal distribution, whose middle 95 % are within it
_LEAST = 1e-6  # what is written down of a figure is rounded to this


class Interval(NamedTuple):
    """Both ends of a figure's 95 % interval; the figure is within it, also at 0 and at 1."""

    low: float
    high: float


def interval(value: float, scale: Scale, count: int, error: float | None) -> Interval:
    """The interval of a figure.

    Args:
        value: the figure.
        scale: what kind of number it is.
        count: of the Examples that it was measured on; for a part of some of them, of those.
        error: its standard error, for a figure that is no part of Examples that are counted.
    """
    if scale is Scale.AMOUNT:
        half = max(_LEAST, _Z * error) if error else max(_LEAST, value / math.sqrt(max(count, 1)))
        return Interval(max(0.0, value - half), value + half)
    if scale is Scale.PART and error and 0.0 < value < 1.0:
        # On the scale of log-odds, so that both ends are between 0 and 1.
        odds, half = math.log(value / (1.0 - value)), _Z * error / (value * (1.0 - value))
        return Interval(_logistic(odds - half), _logistic(odds + half))
    return wilson(value, count)


def wilson(part: float, count: int) -> Interval:
    """The interval of a part of `count` cases: Wilson 1927, "Probable Inference, the Law of
    Succession, and Statistical Inference"; unlike the usual one, it has a width at 0 and 1."""
    if count < 1:
        return Interval(0.0, 1.0)
    square = _Z * _Z / count
    middle = (part + square / 2.0) / (1.0 + square)
    half = _Z / (1.0 + square) * math.sqrt(part * (1.0 - part) / count + square / (4.0 * count))
    return Interval(max(0.0, min(part, middle - half)), min(1.0, max(part, middle + half)))


def _logistic(odds: float) -> float:
    if odds < 0.0:
        return math.exp(max(odds, -700.0)) / (1.0 + math.exp(max(odds, -700.0)))
    return 1.0 / (1.0 + math.exp(-odds))
