"""The gates that a run without any proposes: what its own model reached, and would reach again."""

from __future__ import annotations

import decimal
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from components.gates import OVERALL
from components.intervals import Interval, interval
from components.results.facts import Evaluation
from modules.contract.evaluation import EvaluationSpec, Gate, Scale, of_class

FILE = "gates.toml"
_DIGITS = 4  # of a bound that count

_HEADER = """\
# Proposed by a run without gates. A bound is the end of the 95 % interval, on the failing side,
# of the gate's worst slice. What a figure may be worse than the last blessed model's is half the
# width of its interval. To accept them, give this file to --gates, or put it beside the data.

[{table}]
"""

Errors = Mapping[str, Mapping[str, float | None]]  # of each slice, by figure


class Bound(NamedTuple):
    """A proposed bound.

    Attributes:
        name: of the gate; where a figure could not be measured, of that.
        value: the bound; None where there is nothing to propose it from.
        says: where it comes from.
    """

    name: str
    value: float | None
    says: str


class _Case(NamedTuple):
    """What a gate asks of one slice: a figure there, its interval, and its name in words."""

    value: float
    interval: Interval
    says: str


def propose(evaluation: Evaluation, errors: Errors, spec: EvaluationSpec) -> list[Bound]:
    """Makes a bound for each gate of a family.

    Args:
        evaluation: what was measured.
        errors: standard errors of the figures that are no part of Examples that are counted.
        spec: of the family, for the classes of the data.

    Returns:
        Bounds that the same model meets, wherever it can be measured at all.
    """
    found = []
    for name in spec.demanded:
        gates = [gate for gate in spec.gates if gate.name == name]
        asked = [case for gate in gates for case in _cases(gate, evaluation, errors)]
        cases = [case for case in asked if isinstance(case, _Case)]
        lost = [case for case in asked if isinstance(case, str)]
        found += [Bound(where, None, "could not be measured, so no bound is met") for where in lost]
        if not cases:
            continue
        if gates[0].at_least:
            worst = min(cases, key=lambda case: case.value)
            bound = outward(worst.interval.low, decimal.ROUND_FLOOR)
        else:
            worst = max(cases, key=lambda case: case.value)
            bound = outward(worst.interval.high, decimal.ROUND_CEILING)
        found.append(Bound(name, bound, worst.says))
    for gate in spec.gates:
        for case in _cases(gate, evaluation, errors) if gate.change else ():
            if isinstance(case, str):
                continue
            half = (case.interval.high - case.interval.low) / 2.0
            says = f"half the interval of {gate.figure}"
            found.append(Bound(gate.change, outward(half, decimal.ROUND_CEILING), says))
    return found


def to_toml(bounds: list[Bound], table: str) -> str:
    """Writes bounds as a file of gates.

    Args:
        bounds: what `propose` gave.
        table: a family and a profile, such as `transformer.smoke`.
    """
    lines = [
        f"# {bound.name} {bound.says}"
        if bound.value is None
        else f"{bound.name} = {bound.value!r}  # {bound.says}"
        for bound in bounds
    ]
    return _HEADER.format(table=table) + "\n".join(lines) + "\n"


def outward(value: float, rounding: str) -> float:
    """Rounds to a few digits, down or up."""
    exact = decimal.Decimal(value)
    place = exact.adjusted() - _DIGITS + 1 if exact else 0
    return float(exact.quantize(decimal.Decimal(1).scaleb(place), rounding=rounding))


def _cases(gate: Gate, evaluation: Evaluation, errors: Errors) -> Iterator[_Case | str]:
    """What a gate asks; in words alone, where there is no figure."""
    for where, figures in evaluation.whole_and_slices.items():
        if where.startswith(f"{gate.by}=") if gate.by else where == OVERALL:
            value = figures.get(gate.figure)
            on = "" if where == OVERALL else f" on {where}"
            if value is None:
                yield f"{gate.figure}{on}"
                continue
            error = errors.get(where, {}).get(gate.figure)
            count = _count(gate, where, evaluation)
            says = f"{gate.figure}{on} is {value:.4g}"
            yield _Case(value, interval(value, gate.scale, count, error), says)


def _count(gate: Gate, where: str, evaluation: Evaluation) -> int:
    if gate.scale is not Scale.OF_PREDICTED:
        return evaluation.examples[where]
    kind = gate.figure.partition(of_class("", ""))[0]
    figures = [of_class(kind, name) for name in evaluation.classes]
    return sum(row[figures.index(gate.figure)] for row in evaluation.confusion)
