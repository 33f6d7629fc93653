"""What a search will try next, whatever its running trial comes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

_MOST = 8  # trials ahead


def foreseen(
    make: Callable[[], Any], scores: Sequence[float | None], seconds: float
) -> list[dict[str, Any]]:
    """The values of the trials after the running one that no result can change.

    Oracles give the same trials when they are told the same results. So one is told that the
    running trial and all after it are the best so far, another one that each of them failed: what
    both propose is foreseen. A result in between may change it yet, which costs time, and nothing
    else.

    Args:
        make: makes the search's oracle anew.
        scores: of the trials that have ended, in their order; None of those that failed.
        seconds: that those took.
    """
    known = [score for score in scores if score is not None]
    oracle = make()
    rises = oracle.objective.direction == "max"
    best = (max(known) + 1 if rises else min(known) - 1) if known else 0.0
    hoped = _proposed(oracle, scores, best, seconds)
    feared = _proposed(make(), scores, None, seconds)
    both = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(hoped, feared, strict=False))
    return [values for values, _ in itertools.islice(both, 1, None)]


def _proposed(
    oracle: Any, scores: Sequence[float | None], then: float | None, seconds: float
) -> list[dict[str, Any]]:
    """What an oracle proposes after some scores, the running trial's values first."""
    found: list[dict[str, Any]] = []
    oracle.verbose = 0
    for score in [*scores, *[then] * (1 + _MOST)]:
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
