"""Draws that learn from the trials before them: the model of BOHB."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import keras_tuner
import numpy as np
import pytest

from modules.training.model_based import Choices, ModelBased, density, kernel

Score = Callable[[Mapping[str, Any]], float]

RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]
SPACE: dict[str, list[Any]] = {
    "rate": RATES,
    "stem": ["conv", "patch", "none"],
    "layers": [1, 2, 3, 4],
    "turn": [0, 5],
}
BEST = {"rate": 3e-3, "stem": "patch", "layers": 3, "turn": 5}
COUNT = 120


def score(values: Mapping[str, Any]) -> float:
    """Highest at BEST; a step of the rate costs most, and what is left over little."""
    steps = abs(RATES.index(values["rate"]) - 3)
    return (
        1.0
        - 0.1 * steps
        - 0.05 * (values["stem"] != "patch")
        - 0.02 * abs(values["layers"] - 3)
        - 0.005 * (values["turn"] != 5)
    )


class RandomWithModel(ModelBased, keras_tuner.oracles.RandomSearchOracle):
    """The model alone, without Hyperband."""


def space() -> keras_tuner.HyperParameters:
    found = keras_tuner.HyperParameters()
    for name, choices in SPACE.items():
        found.Choice(name, choices)
    found.Fixed("width", 32)
    return found


def run(kind: Any, trials: int, seed: int, of: Score = score, direction: str = "max") -> list[Any]:
    """The values of the trials of a search, in their order."""
    oracle = kind(
        objective=keras_tuner.Objective("figure", direction),
        hyperparameters=space(),
        max_trials=trials,
        seed=seed,
    )
    oracle.verbose = 0
    oracle.save = oracle._save_trial = lambda *_: None
    found = []
    while (trial := oracle.create_trial("one")).status == "RUNNING":
        found.append(dict(trial.hyperparameters.values))
        oracle.update_trial(trial.trial_id, {"figure": of(found[-1])})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    return found


def test_what_is_proposed_is_of_the_space_new_and_the_same_every_time() -> None:
    found = run(RandomWithModel, 40, seed=1)
    assert len(found) == 40 == len({str(values) for values in found})
    assert all(values[name] in SPACE[name] for values in found for name in SPACE)
    assert {values["width"] for values in found} == {32}
    assert found == run(RandomWithModel, 40, seed=1) != run(RandomWithModel, 40, seed=2)


@pytest.mark.parametrize("direction", ["max", "min"])
def test_a_model_finds_better_than_chance(direction: str) -> None:
    sign = 1 if direction == "max" else -1

    def late(some: Any) -> float:
        """How good what it proposes is, once it has seen half of it."""
        return float(np.mean([score(values) for values in some[15:30]]))

    def signed(values: Mapping[str, Any]) -> float:
        return sign * score(values)

    tried = {
        one: [run(one, 30, seed, signed, direction) for seed in range(1, 6)]
        for one in (RandomWithModel, keras_tuner.oracles.RandomSearchOracle)
    }
    learnt, chance = (np.mean([late(some) for some in found]) for found in tried.values())
    assert learnt > chance + 0.05


def test_a_density_is_one() -> None:
    kernels = [kernel(values) for values in SPACE.values()]
    everywhere = np.array([*itertools.product(*(range(len(v)) for v in SPACE.values()))])
    for seen in ([(0, 0, 0, 0)], [(4, 1, 2, 1), (3, 1, 2, 0), (4, 1, 2, 1)]):
        found = density(everywhere, seen, kernels)
        assert found.sum() == pytest.approx(1.0) and (found > 0).all()
        assert tuple(everywhere[found.argmax()]) == seen[0]


def test_numbers_have_neighbours_and_words_have_none() -> None:
    numbers, words = kernel([1, 2, 3]), kernel(["a", "b", "c"])
    assert numbers[0, 0] > numbers[0, 1] > numbers[0, 2]
    assert words[0, 0] > words[0, 1] == words[0, 2]


def test_choices_are_counted_and_a_large_space_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    choices, chance = Choices(space()), np.random.default_rng(1)
    assert choices.sizes == [5, 3, 4, 2]
    assert choices.values(choices.places(BEST)) == BEST | {"width": 32}
    assert len(choices.untried({choices.places(BEST)}, chance)) == COUNT - 1
    monkeypatch.setattr("modules.training.model_based.MOST", 10)
    assert len(choices.untried(set(), chance)) == 10
