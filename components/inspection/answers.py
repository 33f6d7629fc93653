"""What a classifier's answers look like: its calibration, its mistakes, the labels it doubts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.inspection.calibration import bins_of, calibration_error
from components.inspection.labels import suspected
from components.results.inspection import Answers, Seen
from components.results.predictions import Predictions
from modules.util.plain import number

SHOWN = 24  # mistakes, and suspects, at most
_PIXELS = 160_000  # of both together


def most_shown(side: int) -> int:
    """How many mistakes, and how many suspects, are shown of images of S x S pixels."""
    return min(SHOWN, _PIXELS // (2 * side * side))


def look(said: Predictions, names: Sequence[str], side: int) -> Answers:
    """Looks at what a classifier said.

    Args:
        said: with its probabilities; their classes are those of the names. What is not finite is
            no answer, and left out.
        names: of the classes.
        side: S, of an image, in pixels: of large ones, fewer are shown.

    Returns:
        The facts. An image whose label is suspected is no mistake of the model's.
    """
    if said.probabilities is None:
        raise ValueError("a classifier's predictions have no probabilities")
    finite = np.isfinite(said.probabilities).all(axis=1)
    places, labels = said.index[finite], said.labels[finite]
    chances = said.probabilities[finite]
    answers = chances.argmax(axis=1)
    sure = chances.max(axis=1)
    right = answers == labels
    bins = bins_of(sure, right)
    doubted = suspected(labels, chances)
    mistaken = np.setdiff1d(np.flatnonzero(~right), doubted)
    mistaken = mistaken[np.argsort(-sure[mistaken], kind="stable")]

    def seen(place: int) -> Seen:
        index = int(places[place])
        return Seen(
            index=index,
            label=names[int(labels[place])],
            answer=names[int(answers[place])],
            sure=number(sure[place]) or 0.0,
            given=number(chances[place, labels[place]]) or 0.0,
            picture=f"seen-{index:06d}",
        )

    shown = most_shown(side)
    return Answers(
        bins=bins,
        calibration_error=number(calibration_error(bins)) or 0.0,
        wrong=int((~right).sum()),
        mistakes=tuple(map(seen, mistaken[:shown])),
        suspected=len(doubted),
        suspects=tuple(map(seen, doubted[:shown])),
    )
