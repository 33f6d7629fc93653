"""Every bound of a run's gates, with what was measured and how sure that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from components.gates import AT_LEAST, AT_MOST, CHANGE, EVALUATOR, OVERALL, Failure
from components.intervals import Interval, interval
from components.results.facts import DIFFERENCE, Evaluation
from components.results.judged import NOISE, WORSE, Paired, Threshold, of_failure
from modules.contract.evaluation import EvaluationSpec, Gate, Scale, of_class

Errors = Mapping[str, Mapping[str, float | None]]  # standard errors of each slice, by figure
Gates = Mapping[str, float]  # the bounds of a run, by their names


class Measured(NamedTuple):
    """What a gate asks of one slice.

    Attributes:
        figure: that the gate is on.
        where: the slice.
        value: of the gate's figure there; None where it could not be measured.
        interval: that it is within; None without a value.
        examples: how many it was measured on; of precision, the predicted ones.
    """

    figure: str
    where: str
    value: float | None
    interval: Interval | None
    examples: int

    def __str__(self) -> str:
        return self.figure if self.where == OVERALL else f"{self.figure} on {self.where}"


def measured(gate: Gate, evaluation: Evaluation, errors: Errors) -> Iterator[Measured]:
    """What a gate asks of each slice that it is on.

    Args:
        gate: of the data's classes.
        evaluation: what was measured.
        errors: of the figures that are no part of Examples that are counted.
    """
    for where, figures in evaluation.whole_and_slices.items():
        if where.startswith(f"{gate.by}=") if gate.by else where == OVERALL:
            value, count = figures.get(gate.figure), _count(gate, where, evaluation)
            error = errors.get(where, {}).get(gate.figure)
            known = None if value is None else interval(value, gate.scale, count, error)
            yield Measured(gate.figure, where, value, known, count)


def of_bounds(
    evaluation: Evaluation,
    errors: Errors,
    spec: EvaluationSpec,
    gates: Gates,
    failures: Iterable[Failure],
) -> list[Threshold]:
    """The bounds that have nothing to do with the last blessed model.

    Args:
        evaluation: what was measured.
        errors: see `measured`.
        spec: of the family, for the classes of the data.
        gates: every bound of `spec.demanded`.
        failures: what is not met, and slices that are too thin.
    """
    failed = {(one.metric, one.slice): one for one in failures}
    found = []
    for gate in spec.gates:
        for one in measured(gate, evaluation, errors):
            change = evaluation.whole_and_slices[one.where].get(gate.figure + DIFFERENCE)
            threshold = Threshold(
                name=gate.name,
                metric=gate.figure,
                slice=one.where,
                kind=AT_LEAST if gate.at_least else AT_MOST,
                value=one.value,
                low=one.interval.low if one.interval else None,
                high=one.interval.high if one.interval else None,
                bound=gates[gate.name],
                examples=evaluation.examples[one.where],
                baseline=None if one.value is None or change is None else one.value - change,
                passed=failed.pop((gate.figure, one.where), None) is None,
            )
            words = "" if threshold.passed else _too_few(threshold, gate, one, spec.accuracy)
            found.append(dataclasses.replace(threshold, words=words))
    # What is left: of a slice that was not seen, or not often enough.
    return found + [of_failure(failure) for failure in failed.values()]


def of_changes(pairs: Iterable[Paired], spec: EvaluationSpec, gates: Gates) -> list[Threshold]:
    """What may be worse than the last blessed model's, and by how much.

    A change is refused when its whole 95 % interval is worse than what is allowed.

    Args:
        pairs: the figures that can be compared.
        spec: of the family, for the classes of the data.
        gates: the bounds that are asked for.
    """
    found = []
    for gate in spec.gates:
        if not gate.change or gate.change not in gates:
            continue
        bound = -gates[gate.change] if gate.at_least else gates[gate.change]
        for one in pairs:
            of_slice = one.slice.startswith(f"{gate.by}=") if gate.by else one.slice == OVERALL
            if one.metric != gate.figure or not of_slice:
                continue
            threshold = Threshold(
                name=gate.change,
                metric=one.metric,
                slice=one.slice,
                kind=CHANGE,
                value=one.change,
                low=one.low,
                high=one.high,
                bound=bound,
                examples=one.examples,
                baseline=one.baseline,
                passed=one.high >= bound if gate.at_least else one.low <= bound,
                falls=not gate.at_least,
            )
            found.append(dataclasses.replace(threshold, words=_in_words(threshold, one.verdict)))
    return found


def failures_of(thresholds: Iterable[Threshold], failures: Iterable[Failure]) -> list[Failure]:
    """All failures: those that TFMA found, with words, and the changes that are refused.

    Args:
        thresholds: of bounds and of changes.
        failures: that TFMA found.

    Returns:
        Overall first, then by slice.
    """
    told = {(one.metric, one.slice): one.words for one in thresholds if one.kind != CHANGE}
    found = [
        dataclasses.replace(one, words=told.get((one.metric, one.slice), "")) for one in failures
    ]
    for one in thresholds:
        if one.kind == CHANGE and not one.passed:
            found.append(
                Failure(
                    gate=EVALUATOR,
                    metric=one.metric,
                    slice=one.slice,
                    value=one.value,
                    kind=CHANGE,
                    bound=one.bound,
                    examples=one.examples,
                    low=one.low,
                    high=one.high,
                )
            )
    return sorted(found, key=lambda one: (one.slice != OVERALL, one.slice, one.metric))


def _in_words(change: Threshold, verdict: str) -> str:
    if not change.passed:
        return ""
    if change.margin is not None and change.margin < 0.0:
        return NOISE
    return "worse, by less than is allowed" if verdict == WORSE else verdict


def _too_few(one: Threshold, gate: Gate, of_slice: Measured, accuracy: str) -> str:
    """Why what is not met could be met on other images; empty where it could not."""
    if not one.unsure or one.value is None:
        return ""
    wrong = round((1.0 - one.value) * of_slice.examples)
    seen = ""
    if gate.scale is Scale.OF_PREDICTED:
        seen = f"{wrong:,} of {of_slice.examples:,} predicted wrong, "
    elif gate.figure == accuracy:
        seen = f"{wrong:,} wrong, "
    return f"{seen}too few to tell {_apart(one.value, one.bound)}"


def _apart(value: float, bound: float) -> str:
    """Two numbers, with as many digits as it takes to tell them apart."""
    for digits in range(4, 17):
        said = f"{value:.{digits}g}", f"{bound:.{digits}g}"
        if said[0] != said[1]:
            break
    return " from ".join(said)


def _count(gate: Gate, where: str, evaluation: Evaluation) -> int:
    if gate.scale is not Scale.OF_PREDICTED:
        return evaluation.examples[where]
    kind = gate.figure.partition(of_class("", ""))[0]
    figures = [of_class(kind, name) for name in evaluation.classes]
    return sum(row[figures.index(gate.figure)] for row in evaluation.confusion)
