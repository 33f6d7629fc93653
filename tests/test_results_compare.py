"""When two runs count as the same, and what is said when they do not."""

import copy
from typing import Any

import pytest
from kubeflow.compare import TOLERANCE, differences

SUMMARY: dict[str, Any] = {
    "verdict": {"outcome": "pushed", "reason": "/a/1"},
    "seconds": 10.0,
    "tuning": {"best": {"layers": 2, "stem": "conv"}, "trials": []},
    "evaluation": {
        "overall": {"accuracy": 0.95, "recall": None, "latent_kl": [1.0, 0.5], "example_count": 99}
    },
}


def changed(*keys: str, to: Any) -> dict[str, Any]:
    summary = copy.deepcopy(SUMMARY)
    part = summary
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = to
    return summary


def figure(name: str, value: Any) -> dict[str, Any]:
    return changed("evaluation", "overall", name, to=value)


@pytest.mark.parametrize(
    "other",
    [
        SUMMARY,
        changed("verdict", "reason", to="/b/2"),
        changed("seconds", to=99.0),
        figure("accuracy", 0.95 * (1 - TOLERANCE / 2)),
        figure("latent_kl", [1.0 + TOLERANCE / 2, 0.5]),
    ],
)
def test_equal(other: dict[str, Any]) -> None:
    assert differences(SUMMARY, other) == differences(other, SUMMARY) == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (changed("verdict", "outcome", to="refused"), "the verdicts are pushed and refused"),
        (changed("tuning", "best", "layers", to=3), "the best hyperparameters are {'layers': 2"),
        (changed("tuning", to={}), "the best hyperparameters are"),
        (figure("accuracy", 0.92), "accuracy is 0.95 and 0.92"),
        (figure("accuracy", None), "accuracy is 0.95 and None"),
        (figure("recall", 0.0), "recall is None and 0.0"),
        (figure("latent_kl", [1.0, 0.6]), "latent_kl is [1.0, 0.5] and [1.0, 0.6]"),
        (figure("latent_kl", [1.0]), "latent_kl is"),
        (figure("latent_kl", 1.0), "latent_kl is"),
        (figure("f1", 0.9), "the figures are"),
    ],
)
def test_a_difference_is_named(other: dict[str, Any], words: str) -> None:
    [found] = differences(SUMMARY, other)
    assert found.startswith(words)
    assert len(differences(other, SUMMARY)) == 1


def test_a_run_without_a_search_or_an_evaluation_can_be_compared() -> None:
    short = {"verdict": {"outcome": "refused"}}
    assert differences(short, short) == []
    found = differences(SUMMARY, short)
    assert [words.split(" ")[1] for words in found] == ["verdicts", "best", "figures"]
