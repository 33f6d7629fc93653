"""When two runs count as the same, and what is said when they do not."""

import dataclasses
from typing import Any

import pytest

from components.results.repeated import TOLERANCE, deviations
from components.results.summary import Summary, Verdict
from tests import results

RUN = results.SUMMARY
SHORT = Summary(Verdict("refused", 3))


def tuned(**values: Any) -> Summary:
    """The run with other winning values."""
    assert RUN.tuning is not None
    best = {**RUN.tuning.best, **values}
    return dataclasses.replace(RUN, tuning=dataclasses.replace(RUN.tuning, best=best))


def figure(name: str, value: Any) -> Summary:
    """The run with another figure of the whole test split."""
    assert RUN.evaluation is not None
    overall = {**RUN.evaluation.overall, name: value}
    return dataclasses.replace(RUN, evaluation=dataclasses.replace(RUN.evaluation, overall=overall))


@pytest.mark.parametrize(
    "other",
    [
        RUN,
        dataclasses.replace(RUN, verdict=Verdict("pushed", 0, "/b/2")),
        dataclasses.replace(RUN, seconds=99.0),
        figure("accuracy", 0.95 * (1 - TOLERANCE / 2)),
        figure("latent_kl", [1.0 + TOLERANCE / 2, 0.5]),
    ],
)
def test_equal(other: Summary) -> None:
    assert deviations(RUN, other) == deviations(other, RUN) == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            dataclasses.replace(RUN, verdict=Verdict("refused", 3)),
            "the verdicts are pushed and refused",
        ),
        (tuned(layers=3), "the best hyperparameters are {'layers': 2"),
        (dataclasses.replace(RUN, tuning=None), "the best hyperparameters are"),
        (figure("accuracy", 0.92), "accuracy is 0.95 and 0.92"),
        (figure("accuracy", None), "accuracy is 0.95 and None"),
        (figure("recall", 0.0), "recall is None and 0.0"),
        (figure("latent_kl", [1.0, 0.6]), "latent_kl is [1.0, 0.5] and [1.0, 0.6]"),
        (figure("latent_kl", [1.0]), "latent_kl is"),
        (figure("latent_kl", 1.0), "latent_kl is"),
        (figure("f1", 0.9), "the figures are"),
    ],
)
def test_a_difference_is_named(other: Summary, words: str) -> None:
    [found] = deviations(RUN, other)
    assert found.startswith(words)
    assert len(deviations(other, RUN)) == 1


def test_a_run_without_a_search_or_an_evaluation_can_be_compared() -> None:
    assert deviations(SHORT, SHORT) == []
    found = deviations(RUN, SHORT)
    assert [words.split(" ")[1] for words in found] == ["verdicts", "best", "figures"]
