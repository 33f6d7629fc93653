"""Checks of the search for hyperparameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from components.results import searched
from components.results.checks.check import Check, family_of, some, told
from components.results.facts import Tuning
from components.results.numbers import count, number
from components.results.report import ISSUE, TIP, Report
from modules.contract.hyperparameters import Hyperparameter, defaults

_RANGE = 3  # choices; of two, each is at an edge


def _at_an_edge(report: Report) -> str:
    tuning, family = report.summary.tuning, family_of(report)
    if not tuning or not family:
        return ""
    searched = [one for one in family.hyperparameters if one.name not in _fixed(report)]
    found = [words for one in searched for words in _edge(one, tuning)]
    return f"the best {told(found)}" if found else ""


def _edge(one: Hyperparameter, tuning: Tuning) -> Iterator[str]:
    """Says at which end of its range the winner has a hyperparameter, if more lies beyond."""
    best, choices = tuning.best.get(one.name), sorted(set(one.choices))
    tried = {trial.values.get(one.name) for trial in tuning.trials}
    if one.kind.type not in (int, float) or len(choices) < _RANGE or len(tried) < 2:
        return
    if best == choices[0] and one.kind.least != best:
        yield f"{one.name} is {number(best)}, the smallest of {_listed(choices)}"
    elif best == choices[-1] and one.kind.most != best:
        yield f"{one.name} is {number(best)}, the largest of {_listed(choices)}"


def _listed(choices: list[Any]) -> str:
    return ", ".join(map(number, choices))


def _fixed(report: Report) -> dict[str, Any]:
    """The hyperparameters that were set by hand or by the profile, and so not searched for."""
    return dict(report.summary.settings.get("hyperparameters", {}))


def _gained_nothing(report: Report) -> str:
    tuning, family = report.summary.tuning, family_of(report)
    if not tuning or not family or len(tuning.trials) < 2:
        return ""
    worth = tuning.worth
    if worth and worth.gain is not None:
        return searched.worth(tuning) if worth.gain <= 0 else ""
    usual = {**defaults(family.hyperparameters), **_fixed(report)}
    winner = tuning.trials[0]
    # A search that stops most trials early compares those that were trained for as long.
    as_long = [
        trial
        for trial in tuning.trials
        if (trial.epochs, trial.images) == (winner.epochs, winner.images)
    ]
    reached = next((trial.score for trial in as_long if trial.values == usual), None)
    if reached is None or winner.score is None:
        return ""
    gain = winner.score - reached
    if (gain if family.objective.direction == "max" else -gain) > 0:
        return ""
    return (
        f"none of {count(len(tuning.trials), 'trial')} was better than the defaults, which reach a "
        f"{tuning.objective} of {number(reached, tuning.objective)}"
    )


def _failed_trials(report: Report) -> str:
    tuning = report.summary.tuning
    failed = [one for one in tuning.trials if one.score is None] if tuning else []
    if not tuning or not failed:
        return ""
    names = some([one.trial for one in failed])
    return f"{len(failed)} of {count(len(tuning.trials), 'trial')} ended without a score: {names}"


CHECKS = (
    Check(
        "TRI101",
        TIP,
        "the best hyperparameter at the edge of its range",
        _at_an_edge,
        "What is best at the edge may be better still beyond it, where nothing was tried.",
        "Set the hyperparameter beyond its edge with --set hyperparameters.NAME=VALUE and see, or "
        "widen its choices in the family's file.",
    ),
    Check(
        "TRI102",
        TIP,
        "a search that gained nothing over the defaults",
        _gained_nothing,
        "The search took its time and changed nothing.",
        "Leave it out with --tuner none, or let it go further: see tuning.budget and "
        "tuning.max_epochs.",
    ),
    Check(
        "TRI103",
        ISSUE,
        "trials without a score",
        _failed_trials,
        "Nothing is known about the values that these trials stand for; the best ones may be among "
        "them.",
        "Look at their values in the table of trials and at log.txt for why; a smaller "
        "learning_rate helps where the loss was no number.",
    ),
)
