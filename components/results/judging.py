"""Which figures matter most: the binding threshold, the leading pair, the worst slice."""

from __future__ import annotations

from typing import NamedTuple

from components.gates import CHANGE, MUST, OVERALL, Failure
from components.results.judged import Paired, Threshold, of_failure
from components.results.report import Report

_LEADING = 2  # figures that are compared on the first screen
# The figures of which less is better, where no threshold says so.
_FALLING = (
    "nelbo",
    "frechet",
    "relative_frechet",
    "cross_entropy",
    "brier",
    "loss",
    "mse",
    "mae",
    "bce",
)


class Worst(NamedTuple):
    """The worst slice of a figure.

    Attributes:
        whole: the figure of all Examples; None when it was not measured.
        pair: beside the last blessed model's; None without one.
    """

    slice: str
    metric: str
    value: float
    whole: float | None
    examples: int
    pair: Paired | None


def thresholds(report: Report) -> tuple[Threshold, ...]:
    """All that have been asked, of the model and of its folds."""
    return report.summary.thresholds


def room(one: Threshold) -> float | None:
    """The margin, in the reach of the 95 % interval to the bound's side; None where it has none."""
    end = one.low if one.rises else one.high
    if one.value is None or one.margin is None or end is None:
        return None
    reach = abs(one.value - end)
    return one.margin / reach if reach else None


def change(one: Threshold) -> float | None:
    """What changed from the last blessed model; None without one."""
    if one.kind == CHANGE:
        return one.value
    if one.value is None or one.baseline is None:
        return None
    return one.value - one.baseline


def tightest(report: Report) -> Threshold | None:
    """The threshold with the least room; of those without an interval, by a part of the bound."""
    asked = [one for one in thresholds(report) if one.margin is not None]
    known = [one for one in asked if room(one) is not None]
    if known:
        return min(known, key=lambda one: room(one) or 0.0)
    return min(asked, key=lambda one: (one.margin or 0.0) / (abs(one.bound) or 1.0), default=None)


def behind(report: Report, failure: Failure) -> Threshold | None:
    """The threshold that a failure is of, or one made of it; None of a demand in words."""
    for one in thresholds(report):
        same = (one.metric, one.slice, one.kind) == (failure.metric, failure.slice, failure.kind)
        if same and not one.passed:
            return one
    return None if failure.kind == MUST or failure.bound is None else of_failure(failure)


def binding(report: Report) -> Threshold | None:
    """The threshold that decided: of a refused run the one that the verdict names first, of a
    pushed one the tightest; None when no threshold did."""
    said = report.summary.verdict
    if said.failures:
        return behind(report, said.failures[0])
    return tightest(report) if said.outcome == "pushed" else None


def rises(report: Report, metric: str) -> bool:
    """Whether more of a figure is better."""
    for one in thresholds(report):
        if one.metric == metric:
            return one.rises
    return metric not in _FALLING


def leading_pairs(report: Report) -> list[Paired]:
    """The figures of the whole beside the last blessed model's, those of the headline first."""
    found = report.summary.evaluation
    if found is None:
        return []
    whole = [one for one in found.paired if one.slice == OVERALL]
    order = [*found.headline, *found.gated]
    rank = {figure: place for place, figure in reversed(list(enumerate(order)))}
    return sorted(whole, key=lambda one: rank.get(one.metric, len(order)))[:_LEADING]


def worst_slice(report: Report) -> Worst | None:
    """The slice that is worst in the first figure of the headline that slices have."""
    found = report.summary.evaluation
    if found is None:
        return None
    for metric in found.headline:
        measured = [
            (float(figures[metric]), slice_)
            for slice_, figures in found.slices.items()
            if isinstance(figures.get(metric), (int, float))
        ]
        if measured:
            value, slice_ = (min if rises(report, metric) else max)(measured)
            pair = (p for p in found.paired if (p.metric, p.slice) == (metric, slice_))
            whole = found.overall.get(metric)
            return Worst(slice_, metric, value, whole, found.examples[slice_], next(pair, None))
    return None
