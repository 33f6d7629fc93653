"""Which of a few figures does not belong to the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

LEVEL = 0.05  # how often one is named where none is, at most


def outliers(values: Sequence[float], errors: Sequence[float] | None = None) -> list[int]:
    """Finds the places of outliers, on either side.

    Rosner 1983, "Percentage Points for a Generalized ESD Many-Outlier Procedure", which repeats
    Grubbs's test and so finds two that hide each other, too. At most fewer than half are named; of
    two values, none is.

    Args:
        values: of one figure, as from a normal distribution.
        errors: the standard error of each value by itself, where that is known: who is within two
            of them from the others' mean is none, however much alike the others are by chance.
    """
    left = list(range(len(values)))
    found: list[int] = []
    named = 0
    while len(left) >= 3 and len(found) < (len(values) - 1) // 2:
        mean = fmean(values[place] for place in left)
        spread = stdev(values[place] for place in left)
        worst = max(left, key=lambda place: abs(values[place] - mean))
        apart = abs(values[worst] - mean)
        far = spread > 0.0 and apart > _critical(len(left)) * spread
        left.remove(worst)
        found.append(worst)
        if far:
            named = len(found)
    others = fmean(values[place] for place in left) if left else 0.0
    return sorted(
        place
        for place in found[:named]
        if errors is None or abs(values[place] - others) > 2.0 * errors[place]
    )


def _critical(count: int) -> float:
    """How many standard deviations the farthest of `count` values is from their mean by chance."""
    from scipy.special import stdtrit

    square = float(stdtrit(count - 2, 1.0 - LEVEL / (2.0 * count))) ** 2
    return (count - 1) / math.sqrt(count) * math.sqrt(square / (count - 2 + square))
