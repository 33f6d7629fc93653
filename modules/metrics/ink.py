"""How well an image's ink is given back, pixel by pixel.

A pixel is ink if it is at least half black. What is given back is rounded to the 256 greys of an
image file, so that a histogram of them holds all that precision, recall and the area under the ROC
curve need.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

LEVELS = 256
HALF = 128


def ink_histogram(images: Any, made: Any) -> Any:
    """Counts the greys that were given back for paper and for ink.

    Args:
        images: uint8, (B, S, S).
        made: float32 in [0, 1], (B, S, S).

    Returns:
        int32, (B, 2, 256): for paper and for ink, how many pixels were given back at each grey.
    """
    count = tf.shape(images)[0]
    ink = tf.cast(tf.reshape(images, (count, -1)) >= HALF, tf.int32)
    grey = tf.cast(tf.round(255.0 * tf.reshape(made, (count, -1))), tf.int32)
    counts = tf.math.bincount(
        ink * LEVELS + grey, minlength=2 * LEVELS, maxlength=2 * LEVELS, axis=-1
    )
    return tf.reshape(counts, (-1, 2, LEVELS))


def ink_figures(histogram: np.ndarray) -> dict[str, float]:
    """Precision and recall of what is given back as ink, and the area under the ROC curve.

    Args:
        histogram: of all pixels, (2, 256); see ink_histogram.

    Returns:
        "ink_precision", "ink_recall", "ink_auc"; NaN where there is no case.
    """
    paper, ink = histogram.astype(np.float64)
    hits, alarms = ink[HALF:].sum(), paper[HALF:].sum()
    # A pair of an ink and a paper pixel counts if the ink is darker, and half if it is a tie.
    paper_below = np.cumsum(paper) - paper
    pairs = (ink * (paper_below + 0.5 * paper)).sum()
    return {
        "ink_precision": _ratio(hits, hits + alarms),
        "ink_recall": _ratio(hits, ink.sum()),
        "ink_auc": _ratio(pairs, ink.sum() * paper.sum()),
    }


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else math.nan
