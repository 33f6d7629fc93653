"""What a search will try next, whatever its running trial comes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

_MOST = 8  # trials ahead


def foreseen(
    make: Callable[[], Any], scores: Sequence[float | None], seconds: float
) -> list[dict[str, Any]]:
    """The values of trials that will come, whatever the running one comes to.

    Oracles give the same trials when they are told the same results. So one is told that the
    running trial is the best so far and each after it better still, another one that each is the
    worst so far: what both propose will come. Other results may change it yet, which costs time,
    and nothing else.

    Args:
        make: makes the search's oracle anew.
        scores: of the trials that have ended, in their order; None of those that failed.
        seconds: that those took.

    Returns:
        Values, those that come first before others; not all that comes in between is foreseen.
    """
    known = [score for score in scores if score is not None] or [0.0]
    steps = range(1, 2 + _MOST)
    oracle = make()
    learns = oracle.learns
    high = _proposed(oracle, scores, [max(known) + n for n in steps], seconds)[1:]
    low = _proposed(make(), scores, [min(known) - n for n in steps], seconds)[1:]
    if learns:  # so that what comes after something else than in both is not foreseen
        return [one for one, _ in itertools.takewhile(_alike, zip(low, high, strict=False))]
    return [values for values in low if values in high]


def _alike(pair: tuple[Any, Any]) -> bool:
    return bool(pair[0] == pair[1])


def _proposed(
    oracle: Any, scores: Sequence[float | None], then: Sequence[float], seconds: float
) -> list[dict[str, Any]]:
    """What an oracle proposes after some scores, the running trial's values first."""
    found: list[dict[str, Any]] = []
    oracle.verbose = 0
    for score in [*scores, *then]:
        if len(found) > len(scores) and not oracle.foreseeable:
            break
        oracle.seconds = seconds if len(found) >= len(scores) else 0.0
        trial = oracle.create_trial("foreseen")
        if trial.status != "RUNNING":
            break
        found.append(dict(trial.hyperparameters.values))
        if score is not None:
            oracle.update_trial(trial.trial_id, {oracle.objective.name: score})
        trial.status = "FAILED" if score is None else "COMPLETED"
        oracle.end_trial(trial)
    vars(oracle).clear()  # Keras Tuner holds each oracle for as long as the process lives
    return found[len(scores) :]
