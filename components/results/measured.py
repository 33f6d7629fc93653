"""A figure of a run with its 95 % interval, from whatever of the run says how sure it is."""

from __future__ import annotations

from typing import NamedTuple

from components.gates import CHANGE, OVERALL
from components.intervals import interval, wilson
from components.results.facts import Evaluation
from components.results.predictions import Predictions
from modules import families
from modules.contract.evaluation import Scale


class Measured(NamedTuple):
    """A figure of one run, and both ends of its 95 % interval; None where that is not known."""

    value: float
    low: float | None = None
    high: float | None = None


def measured(
    evaluation: Evaluation, family: str, figure: str, slice_: str = OVERALL
) -> Measured | None:
    """A figure with its interval: of a gate that was asked, or of a part of counted Examples.

    Args:
        evaluation: that has it.
        family: of the model; of one that is here no longer, only gates tell an interval.
        figure: its name.
        slice_: such as `label=8`.

    Returns:
        None where the figure was not measured, or is no number.
    """
    value = evaluation.whole_and_slices.get(slice_, {}).get(figure)
    if not isinstance(value, (int, float)):
        return None
    for asked in evaluation.thresholds:
        if (asked.metric, asked.slice) == (figure, slice_) and asked.kind != CHANGE:
            return Measured(float(value), asked.low, asked.high)
    if _scale(family, figure) is Scale.OF_EXAMPLES:
        return Measured(float(value), *wilson(float(value), evaluation.examples[slice_]))
    return Measured(float(value))


def of_each(said: Predictions, figure: str) -> Measured | None:
    """A figure that is the mean of a number an Example, by what was kept of each.

    Returns:
        Of the whole; None where the figure is no such mean, or fewer than two Examples have it.
    """
    import numpy as np  # whom gates tell enough does without it

    each = said.each.get(figure)
    known = each[np.isfinite(each)].astype(float) if each is not None else []
    if len(known) < 2:
        return None
    value, error = float(np.mean(known)), float(np.std(known, ddof=1) / np.sqrt(len(known)))
    counted = np.isin(known, (0.0, 1.0)).all()
    scale = Scale.OF_EXAMPLES if counted else Scale.AMOUNT
    return Measured(value, *interval(value, scale, len(known), error))


def _scale(family: str, figure: str) -> Scale | None:
    if family not in families.names():
        return None
    gates = families.load(family).evaluation.gates
    return next((gate.scale for gate in gates if gate.figure == figure), None)
