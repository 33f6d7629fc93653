"""The gates that a run without any proposes: what its own model reached, and would reach again."""

from __future__ import annotations

import decimal
from typing import NamedTuple

from components.results.facts import Evaluation
from components.thresholds import Errors, measured
from modules.contract.evaluation import FOLDS, EvaluationSpec

FILE = "gates.toml"
_DIGITS = 4  # of a bound that count

_HEADER = """\
# Proposed by a run without gates. A bound is the end of the 95 % interval, on the failing side,
# of the gate's worst slice. What a figure may be worse than the last blessed model's is half the
# width of its interval. To accept them, give this file to --gates, or put it beside the data.

[{table}]
"""


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
        asked = [one for gate in gates for one in measured(gate, evaluation, errors)]
        lost = [str(one) for one in asked if one.value is None]
        found += [Bound(where, None, "could not be measured, so no bound is met") for where in lost]
        cases = [
            (one.value, one.interval, f"{one} is {one.value:.4g}")
            for one in asked
            if one.value is not None and one.interval
        ]
        if not cases:
            continue
        if gates[0].at_least:
            _, worst, says = min(cases, key=lambda case: case[0])
            bound = outward(worst.low, decimal.ROUND_FLOOR)
            nothing = "" if bound else ", so that this asks for nothing"
        else:
            _, worst, says = max(cases, key=lambda case: case[0])
            bound, nothing = outward(worst.high, decimal.ROUND_CEILING), ""
        found.append(Bound(name, bound, says + nothing))
    for gate in spec.gates:
        for one in measured(gate, evaluation, errors) if gate.change else ():
            if not one.interval:
                continue
            half = (one.interval.high - one.interval.low) / 2.0
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


def of_folds(bound: float) -> str:
    """Writes the bound of folds as a line of that file."""
    return f"{FOLDS} = {bound!r}  # the mean of the folds, worsened by two standard deviations\n"


def outward(value: float, rounding: str) -> float:
    """Rounds to a few digits, down or up."""
    exact = decimal.Decimal(value)
    place = exact.adjusted() - _DIGITS + 1 if exact else 0
    return float(exact.quantize(decimal.Decimal(1).scaleb(place), rounding=rounding))
