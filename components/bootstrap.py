"""Standard errors of a slice's figures: of a mean by its formula, of the others by the bootstrap.

Efron 1979, "Bootstrap Methods: Another Look at the Jackknife": the Examples are drawn anew, as many
as there are and with replacement, some times, and the spread of a figure over the draws is its
standard error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from modules.contract.evaluation import EvaluationSpec, Scale
from modules.contract.family import Family
from modules.data.features import LABEL, STROKE, strokes_of

DRAWS = 50  # so that an error is known to a tenth of itself
_SEED = 1  # not the run's: the same model has the same intervals
_PREFIX = "standard_error_of_"


def named(figure: str) -> str:
    """What the standard error of a figure is called among the figures."""
    return f"{_PREFIX}{figure}"


def figure_of(name: str) -> str:
    """The figure that this is the standard error of; empty for what is none."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else ""


def uncounted(evaluation: EvaluationSpec) -> tuple[str, ...]:
    """The gated figures that are no part of Examples that could be counted."""
    counted = (Scale.OF_EXAMPLES, Scale.OF_PREDICTED)
    figures = (gate.figure for gate in evaluation.gates if gate.scale not in counted)
    return tuple(dict.fromkeys(figures))


def standard_errors(
    family: Family, labels: np.ndarray, facts: Mapping[str, np.ndarray], strokes: np.ndarray
) -> dict[str, float]:
    """The standard errors of a slice's gated figures.

    Args:
        family: whose `gated_figures` are asked.
        labels: integers, (N,).
        facts: about each Example, with N rows.
        strokes: the stroke class of each, (N,).

    Returns:
        By figure; only of those that a gate on such a slice, of one class, of one stroke class or
        of all, is on.
    """
    evaluation = family.evaluation.for_classes(family.dataset.names)
    by = _by(family, labels, strokes)
    gated = {gate.figure for gate in evaluation.gates if gate.by == by}
    wanted = [figure for figure in uncounted(evaluation) if figure in gated]
    if not wanted:
        return {}
    each = family.each(labels, facts)
    found = {name: _of_mean(each[name]) for name in wanted if name in each}
    drawn = [name for name in wanted if name not in each]
    if not drawn:
        return found
    random = np.random.default_rng(_SEED)
    draws = []
    for _ in range(DRAWS):
        rows = random.integers(0, len(labels), len(labels))
        draws.append(
            family.gated_figures(labels[rows], {n: fact[rows] for n, fact in facts.items()})
        )
    return found | {figure: _spread([float(draw[figure]) for draw in draws]) for figure in drawn}


def _by(family: Family, labels: np.ndarray, strokes: np.ndarray) -> str:
    """What the slice is by, which TFMA does not say: empty for the whole."""
    if (labels == labels[0]).all():
        return LABEL
    alike = len(strokes_of(family.dataset)) == 1  # the whole is of one stroke class, too
    return STROKE if not alike and (strokes == strokes[0]).all() else ""


def _of_mean(values: np.ndarray) -> float:
    if len(values) < 2:
        return float("nan")
    return float(values.std(ddof=1, dtype=float) / np.sqrt(len(values)))


def _spread(values: Collection[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else float("nan")
