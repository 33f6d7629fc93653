"""The forest that a classifier is held against, and by how much it is beaten.

What is compared are parts of Examples, such as the accuracy: more of them is better.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from components.gates import OVERALL
from components.results.judged import BETTER, NOISE, WORSE, Paired
from components.results.numbers import count, gap, interval, number, probability, title

OF_CLASS = "label="  # what the slices of a class begin with


@dataclasses.dataclass(frozen=True)
class Rival:
    """A model of another family that was judged on the same data.

    Attributes:
        run: its run's name.
        figures: of the whole test split.
        slices: of each slice, those of the figures that are compared.
        paired: figures beside its own on the same images, of the whole and of each slice; its own
            is the `baseline` of each, and `lost` are the images that only it had right.
        unpaired: in words, why there are none; empty where there are.
    """

    run: str
    figures: Mapping[str, Any]
    slices: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    paired: tuple[Paired, ...] = ()
    unpaired: str = ""

    @property
    def whole(self) -> Paired | None:
        """The first figure of the whole; None where nothing is paired."""
        return next((one for one in self.paired if one.slice == OVERALL), None)

    @property
    def by_class(self) -> tuple[Paired, ...]:
        """The same figure of each class."""
        whole = self.whole
        return tuple(
            one
            for one in self.paired
            if whole and one.metric == whole.metric and one.slice.startswith(OF_CLASS)
        )


def told(rival: Rival, overall: Mapping[str, Any], headline: Sequence[str]) -> str:
    """A comparison with a forest in one sentence; empty where no figure is known of both.

    Args:
        rival: the forest.
        overall: the figures of the model that is held against it, of the whole.
        headline: those figures that matter most.
    """
    name = f"the forest of run {rival.run}"
    if one := rival.whole:
        return f"the model {_whole(one, name)}; {_classes(rival.by_class)}"
    figures = [
        f"{title(figure)} is {number(overall[figure], figure)}, and that of {name} "
        f"{number(theirs, figure)}"
        for figure in headline
        for theirs in [rival.figures.get(figure)]
        if theirs is not None and overall.get(figure) is not None
    ]
    why = f" (not compared image by image, since {rival.unpaired})" if rival.unpaired else ""
    return f"{'; '.join(figures)}{why}" if figures else ""


def _whole(one: Paired, name: str) -> str:
    ends = interval(one.low, one.high, one.metric, signed=True)
    change = f"95 % interval {ends}, p {probability(one.p)}"
    if one.verdict == NOISE:
        by = number(one.change, one.metric, signed=True)
        return f"does not beat {name} by more than noise: {by} of {title(one.metric)} ({change})"
    by = f"{gap(one.change, one.metric)} of {title(one.metric)} ({change})"
    return f"beats {name} by {by}" if one.verdict == BETTER else f"is beaten by {name} by {by}"


def _classes(pairs: Sequence[Paired]) -> str:
    """On how many classes each of the two is the better one, and on how many by more than noise."""
    better = sum(one.change > 0 for one in pairs)
    told = f"better on {better} of {count(len(pairs), 'class', 'classes')}"
    surely, worse = (sum(one.verdict == said for one in pairs) for said in (BETTER, WORSE))
    told += f", on {surely} by more than noise"
    return f"{told}, and worse on {worse}" if worse else told
