"""The benchmark of searches: how it counts epochs, and its table."""

from types import SimpleNamespace
from typing import Any

import pytest

from scripts import benchmark_search
from scripts.benchmark_search import CONTESTANTS, Turn, epochs_of, told


def test_epochs_that_a_trial_went_on_from_are_counted_once() -> None:
    def trial(start: int, until: int) -> Any:
        values = {"tuner/initial_epoch": start, "tuner/epochs": until}
        return SimpleNamespace(hyperparameters=SimpleNamespace(values=values))

    trials = [trial(0, 1), trial(0, 1), trial(1, 4), trial(0, 4)]
    assert epochs_of(SimpleNamespace(trials=dict(enumerate(trials)))) == 9


def test_a_ratio_is_of_seconds_per_epoch() -> None:
    rounds = [
        [Turn(10, 12.0, 13.0), Turn(10, 10.0, 11.0), Turn(12, 36.0, 40.0)],
        [Turn(10, 28.0, 20.0), Turn(10, 20.0, 15.0), Turn(12, 60.0, 50.0)],
    ]
    _, ours, fit, stock = (line.split() for line in told(*CONTESTANTS["search"], rounds))
    assert ours == ["our", "Hyperband", "10", "20.0", "16.5", "1.30", "1.20", "1.40"]
    assert fit[-3:] == ["1.00", "1.00", "1.00"] and stock[-3:] == ["2.75", "2.50", "3.00"]


def test_rounds_take_turns(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    turns: list[Any] = []

    class Quick:
        def __init__(self, *_: Any) -> None:
            pass

        def folds(self, count: int, epochs: int) -> int:
            turns.append(("folds", count, epochs))
            return count * epochs

        def fits(self, count: int, epochs: int) -> int:
            turns.append(("fits", count, epochs))
            return count * epochs

    monkeypatch.setattr(benchmark_search, "Bench", Quick)
    given = ["folds", "--images", "200", "--held-out", "50", "--rounds", "2", "--folds", "3"]
    assert benchmark_search.main(given) == 0
    assert turns == [("folds", 3, 4), ("fits", 3, 4)] * 2
    assert "one training each" in capsys.readouterr().out
