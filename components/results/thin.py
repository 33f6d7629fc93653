"""As much of an evaluation's curves as a page shows, whatever the number of classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from components.results.facts import Evaluation

POINTS = 26  # of a curve
CLASSES = 12  # that have one, the worst

T = TypeVar("T")


def thin(evaluation: Evaluation) -> Evaluation:
    """Leaves out points of each curve, and the curves of all but the worst classes.

    Returns:
        The evaluation; the curve of a class that is left out is empty.
    """
    kept = _worst(evaluation)
    curves = [
        _every_nth(points, POINTS) if place in kept else []
        for place, points in enumerate(evaluation.curves)
    ]
    return dataclasses.replace(evaluation, curves=curves)


def _worst(evaluation: Evaluation) -> set[int]:
    """The places of the classes that are told apart worst, by the area under their curve."""
    areas = evaluation.by_class.get("auc", ())
    known = {place: area for place, area in enumerate(areas) if area is not None}
    # One without an area has nothing to draw, or nothing to be judged by.
    order = sorted(range(len(evaluation.curves)), key=lambda place: known.get(place, 2.0))
    return set(order[:CLASSES])


def _every_nth(points: Sequence[T], count: int) -> Sequence[T]:
    """So many of the points, at even distances, with the first and the last."""
    if len(points) <= count:
        return points
    step = (len(points) - 1) / (count - 1)
    return [points[round(step * place)] for place in range(count)]
