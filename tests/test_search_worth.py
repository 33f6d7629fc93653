"""Whether a search was worth it: its winner beside what it began with."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from components.results.facts import Trial, Tuning
from components.results.searched import ended, lines, worth
from modules.contract.family import TrainingRun
from modules.training.searches import SEARCHES
from modules.training.worth import Worth
from tests.searching import WHOLE, Made, search


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("way", SEARCHES)
def test_a_search_is_worth_it_if_its_winner_is_better_by_more_than_seeds_differ(
    way: str, seed: int, tmp_path: Path
) -> None:
    family = Made()
    found = search(tmp_path, family, search=way, seed=seed, budget=18 * WHOLE, confirm=3)
    worth = found.worth
    assert worth and worth.gain and found.best["layers"] == 3
    assert worth.seeds == (seed + 1, seed + 2, seed + 3)
    at_the_end = [run for _, run in family.trained[-6:]]
    assert {(run.epochs, run.start) for run in at_the_end} == {(4, 0)}
    assert worth.gain == pytest.approx(
        sum(a - b for a, b in zip(worth.winner, worth.beginning, strict=True)) / 3
    )
    assert worth.better and worth.cost == 6 * WHOLE
    assert found.found()["spent"] <= 18 * WHOLE  # which has no part in it


def test_defaults_that_win_are_not_compared_with_themselves(tmp_path: Path) -> None:
    family = Made()
    family.reaches = lambda values, run: -abs(values["layers"] - 2)  # type: ignore[method-assign]
    found = search(tmp_path, family, search="grid", budget=4 * WHOLE, confirm=3)
    assert found.worth and found.worth.gain is None and len(family.trained) == 4


def test_a_gain_that_seeds_alone_could_make_is_no_gain(tmp_path: Path) -> None:
    family = Made()
    lucky = {"a": [0.3, -0.3, 0.3], "b": [0.0, 0.0, 0.0]}

    def reaches(values: Any, run: TrainingRun) -> float:
        return (
            1.0 if run.seed == 1 and values["kind"] == "a" else lucky[values["kind"]][run.seed % 3]
        )

    family.reaches = reaches  # type: ignore[method-assign]
    found = search(tmp_path, family, search="grid", budget=2 * WHOLE, confirm=3)
    assert found.worth and found.worth.spread and not found.worth.better
    assert found.worth.gain == pytest.approx(0.1) and found.best["kind"] == "a"
    assert math.isclose(
        found.worth.high - found.worth.low, 2 * 4.3027 * 0.34641 / 3**0.5, rel_tol=1e-3
    )


FOUND = Tuning("val_accuracy", {}, (Trial("0000", 0.9, {}),), "budget", 100, 90, 6)
GAIN = Worth((2, 3, 4), (0.95,) * 3, (0.94,) * 3, gain=0.0031, spread=0.0006, low=0.001, high=0.005)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({}, "worth it: better than the defaults by 0.31 ± 0.06 points, 3 seeds"),
        ({"low": -0.001}, "not more than seeds differ: better than the defaults by 0.31 ± 0.06"),
        ({"gain": -0.0031, "low": -0.005, "high": -0.001}, "not worth it: worse than the defaults"),
        ({"gain": 1e-9, "low": -0.001}, "not more than seeds differ: as good as the defaults, 3"),
        ({"seeds": (), "gain": None, "spread": None, "low": None}, "the defaults won"),
        ({"gain": None, "spread": None, "low": None}, "nobody knows if it was worth it"),
        (
            {"seeds": (2,), "spread": None, "low": None, "high": None},
            "better than the defaults by 0.31 points, 1 seed, which says nothing of how seeds",
        ),
    ],
)
def test_what_is_said_of_it(found: dict[str, Any], words: str) -> None:
    told = dataclasses.replace(FOUND, worth=dataclasses.replace(GAIN, **found))
    assert worth(told).startswith(words)
    assert any(line.lower().startswith(words.lower()) for line in lines(told))
    begun = dataclasses.replace(told, began={"layers": 3})
    assert "default" not in worth(begun)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("budget", "the budget is spent"),
        ("time", "its time was over"),
        ("space", "all 6 combinations were tried"),
        ("done", "it had nothing more to propose"),
        ("", ""),
    ],
)
def test_why_it_ended_is_said(why: str, words: str) -> None:
    found = dataclasses.replace(FOUND, ended=why)
    assert ended(found) == words and words in lines(found)[0]
    assert lines(found)[0].startswith("It took 90 of 100 training images × epochs")
