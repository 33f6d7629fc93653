"""Labels that may be wrong, by confident learning.

Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". The
probabilities have to be those of a model that has not learnt from these Examples.
"""

from __future__ import annotations

import numpy as np


def suspected(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Finds the Examples off the diagonal of the confident joint (section 3.1, equation 1).

    A class's threshold is the mean of its probability over the Examples that are said to be of it.
    Of the classes whose thresholds an Example's probabilities reach, the most probable one is
    taken for its true class.

    Args:
        labels: integers, (N,).
        probabilities: of each class, (N, K).

    Returns:
        The places of those whose true class is not their label, the likeliest error first: by the
        label's probability less the greatest of another class (the normalised margin).
    """
    places = np.arange(len(labels))
    chances = probabilities.astype(np.float64)
    given = chances[places, labels]
    classes = chances.shape[1]
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=given, minlength=classes)
    # A class that no Example is said to be of has no threshold to reach.
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    reached = np.where(chances >= thresholds, chances, -1.0)
    truth = reached.argmax(axis=1)
    off = np.flatnonzero((reached.max(axis=1) >= 0.0) & (truth != labels))
    others = chances.copy()
    others[places, labels] = -1.0
    margins = given - others.max(axis=1)
    return off[np.argsort(margins[off], kind="stable")]
