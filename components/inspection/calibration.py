"""Whether a classifier is as often right as it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.results.inspection import Bin
from modules.util.plain import number

BINS = 10


def bins_of(sure: np.ndarray, right: np.ndarray) -> tuple[Bin, ...]:
    """Sorts answers by how sure they are, into bins of one width.

    Args:
        sure: the probability of each answer, in [0, 1], (N,).
        right: whether it is the label, bool (N,).

    Returns:
        BINS of them, from 0 to 1; what lies between two is in the upper one.
    """
    place = np.minimum((sure.astype(np.float64) * BINS).astype(np.int64), BINS - 1)
    found = []
    for one in range(BINS):
        inside = place == one
        count = int(inside.sum())
        found.append(
            Bin(
                low=one / BINS,
                high=(one + 1) / BINS,
                count=count,
                sure=number(sure[inside].mean(dtype=np.float64)) if count else None,
                right=number(right[inside].mean()) if count else None,
            )
        )
    return tuple(found)


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error (Naeini et al. 2015, "Obtaining Well Calibrated Probabilities
    Using Bayesian Binning"): the bins' |sure - right|, each by its part of the answers."""
    total = sum(one.count for one in bins)
    gaps = (
        one.count * abs(one.sure - one.right)
        for one in bins
        if one.sure is not None and one.right is not None
    )
    return sum(gaps) / max(1, total)
