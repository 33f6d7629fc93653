"""Searches that are replayed on recorded curves, and what is told of them."""

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from modules.contract.family import Family, Objective, Trained, TrainingRun
from modules.contract.hyperparameters import whole, word
from modules.data.splits import Split
from modules.training.searches import SEARCHES
from scripts.compare_schedules import Rung, difference, halved, rungs_of, schedules
from scripts.compare_tuners import (
    RESULTS,
    TWICE,
    at_budgets,
    between,
    compare,
    curve_of,
    defaults_of,
    draw,
    interquartile,
    notes,
    table,
)
from scripts.confirm_replay import search_live
from scripts.record_curves import SCHEDULE, WAYS
from scripts.replay import RUNGS, Record, Step, read_record, replay, searching
from tests.datasets import MNIST

SPACE: dict[str, list[Any]] = {"stem": ["conv", "patch"], "layers": [1, 2, 3, 4], "shift": [0, 2]}
IMAGES = 10


def accuracy(values: dict[str, Any], epoch: int) -> float:
    """The best is patch, 3, 2; it is not the best after one epoch."""
    late = 0.02 * epoch * (values["stem"] == "patch")
    return 0.5 + late - 0.03 * abs(values["layers"] - 3) + 0.01 * values["shift"] + 0.02 * epoch


def row(values: dict[str, Any], way: str = SCHEDULE, **more: Any) -> dict[str, Any]:
    seen = [accuracy(values, epoch) for epoch in range(1, 10)]
    if way == RUNGS:  # where what comes first says nothing
        known = str({name: values[name] for name in SPACE})
        seen[:3] = [0.5 + 0.01 * (len(known) % 7 + values["layers"] % 2)] * 3
    third = [figure - 0.1 for figure in seen]
    return {
        "values": values,
        "seed": 1,
        "way": way,
        "val_accuracy": seen,
        "third_accuracy": third,
        **more,
    }


@pytest.fixture
def record(tmp_path: Path) -> Record:
    grid = [dict(zip(SPACE, some, strict=True)) for some in itertools.product(*SPACE.values())]
    told = {
        "family": "transformer",
        "space": SPACE,
        "fixed": {"heads": 4},
        "rungs": [1, 3, 9],
        "images": {"learn": IMAGES},
        "trainings": [row(values, way) for way in WAYS.values() for values in grid],
    }
    (tmp_path / "record.json").write_text(json.dumps(told))
    return read_record(tmp_path / "record.json")


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("budget", [9 * IMAGES, 45 * IMAGES])
def test_a_search_keeps_to_its_budget_and_never_forgets_its_best(
    search: str, budget: int, record: Record
) -> None:
    steps = replay(record, search, budget, seed=1)
    assert [step.trials for step in steps] == [*range(1, len(steps) + 1)]
    assert steps[-1].spent <= budget < steps[-1].spent + 9 * IMAGES
    assert {step.figure + 0.1 for step in steps} <= {
        record.curve(values)["val_accuracy"][-1] for values in record.configurations()
    }
    assert steps == replay(record, search, budget, seed=1)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_space_smaller_than_the_budget_ends_the_search_at_its_best(
    search: str, record: Record
) -> None:
    steps = replay(record, search, 1_000 * 9 * IMAGES, seed=3)
    if search not in ("hyperband", "bohb"):
        assert len(steps) == 16
    assert steps[-1].figure == pytest.approx(
        accuracy(dict(stem="patch", layers=3, shift=2), 9) - 0.1
    )


def test_a_training_that_broke_off_is_a_failed_trial(record: Record) -> None:
    best = {"stem": "patch", "layers": 3, "shift": 2}
    broken = row(best, val_accuracy=[0.9] * 4, third_accuracy=[0.9] * 4, failed="it is nan")
    record.trainings[SCHEDULE, record.key(best), 1].update(broken)  # type: ignore[attr-defined]
    steps = replay(record, "random", 200 * 9 * IMAGES, seed=1)
    assert len(steps) == 16
    assert steps[-1].figure == pytest.approx(
        accuracy(dict(stem="patch", layers=3, shift=0), 9) - 0.1, abs=0.05
    )


class Known(Family):
    """A family whose trainings give what was recorded of them."""

    objective = Objective("val_accuracy", "max")
    hyperparameters = (
        word("stem", "conv", "", ["conv", "patch"]),
        whole("layers", 1, ""),
        whole("shift", 0, "", least=0),
        whole("heads", 8, ""),
    )

    def train(self, values: Any, splits: Any, run: TrainingRun) -> Trained:
        assert values["heads"] == 4 and len(splits.train.images) == IMAGES
        way = run.go_on_from.read_text() if run.go_on_from else WAYS[run.epochs]
        if run.keep:
            run.keep.write_text(way)
        seen = row(dict(values), way)["val_accuracy"]
        return Trained({"val_accuracy": seen[: run.epochs]}, 1, None, lambda *_: {})


@pytest.mark.parametrize("search", SEARCHES)
def test_a_live_search_that_sees_the_recorded_figures_chooses_what_the_replay_does(
    search: str, record: Record
) -> None:
    parts = [Split(np.zeros((count, 28, 28), np.uint8), np.zeros(count, int)) for count in (10, 5)]
    for seed in (1, 2):
        asked = searching(record, search, 30 * IMAGES, seed)
        chosen = search_live(record, Known(MNIST), parts, asked)
        replayed = replay(record, search, 30 * IMAGES, seed)
        assert record.curve(chosen)["third_accuracy"][-1] == replayed[-1].figure


def test_a_figure_is_that_of_the_last_step_within_the_budget() -> None:
    steps = [Step(10, 0.1, 1), Step(20, 0.2, 2), Step(40, 0.3, 3)]
    found = at_budgets(steps, [5, 10, 15, 39, 40, 99])
    np.testing.assert_equal(found, [np.nan, 0.1, 0.1, 0.2, 0.3, 0.3])


@pytest.mark.parametrize("count", [4, 8, 50, 51])
def test_the_interquartile_mean_is_scipys_trimmed_mean(count: int) -> None:
    figures = np.random.default_rng(count).normal(size=(3, count))
    np.testing.assert_allclose(interquartile(figures), stats.trim_mean(figures, 0.25, axis=1))


def test_the_band_is_as_wide_as_the_figures_spread() -> None:
    figures = np.random.default_rng(1).normal(size=(2, 50)) * [[1.0], [0.0]]
    curve = curve_of(figures)
    assert curve.low[0] < curve.middle[0] < curve.high[0]
    assert curve.low[1] == curve.middle[1] == curve.high[1] == 0.0
    # The mean of the middle half of a normal sample spreads by some 1.2 over the root of its size.
    assert curve.high[0] - curve.low[0] == pytest.approx(2 * 1.96 * 1.2 / 50**0.5, rel=0.35)


def test_all_searches_are_compared_and_random_at_twice_the_budget_is_what_it_says(
    record: Record, tmp_path: Path
) -> None:
    budgets, found = compare(record, repetitions=4, most=4)
    assert set(found) == {*SEARCHES, TWICE}
    assert all(figures.shape == (len(budgets), 4) for figures in found.values())
    at_two, at_four = (int(np.flatnonzero(budgets == n)[0]) for n in (2, 4))
    np.testing.assert_array_equal(found[TWICE][at_two], found["random"][at_four])
    assert not any(np.isnan(figures).any() for figures in found.values())

    curves = {name: curve_of(figures) for name, figures in found.items()}
    lines = table(budgets, curves, (1, 2, 4, 100))
    assert lines[0] == "| search | 1 | 2 | 4 |" and len(lines) == 2 + len(found)
    assert all(line.count("|") == 5 for line in lines)
    draw(budgets, curves, 0.9, tmp_path / "a.svg")
    draw(budgets, curves, 0.9, tmp_path / "b.svg")
    picture = (tmp_path / "a.svg").read_text()
    assert picture.startswith("<?xml") and picture == (tmp_path / "b.svg").read_text()


def test_notes_tell_the_best_the_defaults_and_the_spread_of_seeds(record: Record) -> None:
    first = {"stem": "conv", "layers": 1, "shift": 0}
    more = dict(record.trainings)
    for seed in (2, 3):
        third = [0.2 + 0.01 * seed] * 9
        more[SCHEDULE, record.key(first), seed] = row(first, third_accuracy=third)
    more[SCHEDULE, record.key(first), 1] = row(first, third_accuracy=[0.21] * 9)
    told = " ".join(notes(dataclasses.replace(record, trainings=more), first))
    assert (
        "Of the 16 configurations, the best reaches 78.00 % (stem patch, layers 3, shift 2)" in told
    )
    assert "reach 21.00 %, place 16." in told
    assert told.endswith(
        "1 were trained with 3 seeds; the middle one of their standard deviations is 1.00 points."
    )
    assert defaults_of(record) == {"stem": "conv", "layers": 2, "shift": 2}


def test_text_between_two_marks_is_replaced_and_nothing_else() -> None:
    text = "before\n<!-- t: begin -->\nold\n<!-- t: end -->\nafter\n"
    once = between(text, "t", ["| new |"])
    assert once == "before\n<!-- t: begin -->\n\n| new |\n\n<!-- t: end -->\nafter\n"
    assert between(once, "t", ["| new |"]) == once
    with pytest.raises(ValueError, match="have to be there once"):
        between(text, "other", [])


def test_which_schedule_tells_more_at_a_rung(record: Record) -> None:
    one, other = (rungs_of(record, way, 3) for way in (SCHEDULE, RUNGS))
    np.testing.assert_array_equal(one.comes_to, other.comes_to)
    assert one.correlation() > other.correlation()
    gain, low, high = difference(one, other)
    assert low < gain < high and gain == pytest.approx(one.correlation() - other.correlation())
    lines = schedules(record)
    assert [line.split("|")[1].strip() for line in lines[2:6]] == ["1 epoch"] * 2 + ["3 epochs"] * 2


@pytest.mark.parametrize("seed", [1, 2])
def test_the_rank_correlation_is_scipys(seed: int) -> None:
    rung = Rung(*np.random.default_rng(seed).integers(0, 6, (2, 3, 20)) / 10)  # with equal ones
    wanted = [stats.spearmanr(*row).statistic for row in zip(*rung, strict=True)]
    np.testing.assert_allclose(rung.correlation(), wanted)


def test_a_bracket_whose_rungs_tell_more_comes_nearer_to_its_best(record: Record) -> None:
    one, other = (halved(record, way) for way in (SCHEDULE, RUNGS))
    assert (one >= 0).all() and (other >= 0).all()
    assert one.mean() < other.mean()
    np.testing.assert_array_equal(one, halved(record, SCHEDULE))


def test_regret_is_what_the_best_of_those_kept_fall_short_by() -> None:
    rung = Rung(np.array([0.5, 0.7, 0.6]), np.array([0.9, 0.8, 0.85]))
    assert [rung.regret(kept) for kept in (1, 2, 3)] == pytest.approx([0.1, 0.05, 0.0])
    assert rung.correlation() == pytest.approx(-1.0)


def test_the_documents_have_places_for_both_tables() -> None:
    text = RESULTS.read_text(encoding="utf-8")
    for name in ("tuners", "schedules"):
        between(text, name, [])
