"""What two models said of the same Examples, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from components.results.comparing.side import Side
from components.results.judged import Paired

_NOT_KEPT = "what a model said of each image was not kept"
_OTHERS = "the models were judged on different images"


class Pairs(NamedTuple):
    """The figures of two models on the same Examples.

    Attributes:
        of: by figure and slice.
        why_not: in words, why there are none; empty where there are.
    """

    of: Mapping[tuple[str, str], Paired]
    why_not: str = ""


def pair(one: Side, other: Side, rises: Mapping[str, bool]) -> Pairs:
    """Compares what two models said of each Example.

    Args:
        one: the first run.
        other: the second one, whose figure is the value.
        rises: the figures that are compared, and whether more of them is better.
    """
    from components import paired

    if one.predictions is None or other.predictions is None:
        return Pairs({}, _NOT_KEPT)
    if one.predictions.images != other.predictions.images:
        return Pairs({}, _OTHERS)
    names = other.evaluation.classes
    found = paired.pair(other.predictions, one.predictions, rises, names)
    return Pairs({(row.metric, row.slice): row for row in found})
