"""Whether two runs of the same settings found the same."""

from __future__ import annotations

from typing import Any

from components.results.summary import Summary

# Threads add numbers in another order each time, so two figures count as the same when they differ
# by no more than this share of the larger, or by less than can be seen.
TOLERANCE = 0.02
UNSEEN = 1e-4


def deviations(one: Summary, other: Summary) -> list[str]:
    """Compares what two runs of the same settings found.

    Returns:
        A sentence for each difference: in the verdict, in the tuned hyperparameters, or, by more
        than TOLERANCE, in a figure of the whole test split.
    """
    found = []
    outcomes = one.verdict.outcome, other.verdict.outcome
    if outcomes[0] != outcomes[1]:
        found.append(f"the verdicts are {outcomes[0]} and {outcomes[1]}")
    best = [run.tuning.best if run.tuning else None for run in (one, other)]
    if best[0] != best[1]:
        found.append(f"the best hyperparameters are {best[0]} and {best[1]}")
    figures = [run.evaluation.overall if run.evaluation else {} for run in (one, other)]
    if figures[0].keys() != figures[1].keys():
        found.append(f"the figures are {sorted(figures[0])} and {sorted(figures[1])}")
    for name in sorted(figures[0].keys() & figures[1].keys()):
        a, b = figures[0][name], figures[1][name]
        if not _same(a, b):
            found.append(f"{name} is {a} and {b}")
    return found


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return abs(a - b) <= max(UNSEEN, TOLERANCE * max(abs(a), abs(b)))
    return bool(a == b)
