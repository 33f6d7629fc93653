"""How a search goes on: with a larger budget, after a kill, and what is kept for that."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modules.data.splits import Split, Splits
from modules.training.journal import Attempt, Journal, ended
from modules.training.search_data import SearchData, in_turn
from modules.training.searches import SEARCHES
from tests.searching import COMBINATIONS, IMAGES, WHOLE, Made, prepared, search


@pytest.mark.parametrize("way", SEARCHES)
def test_a_raised_budget_begins_with_the_same_trials_and_runs_only_new_ones(
    way: str, tmp_path: Path
) -> None:
    tables = []
    for budget in (9 * IMAGES, 15 * IMAGES, 30 * IMAGES, 48 * IMAGES):
        family = Made()
        found = search(tmp_path, family, search=way, budget=budget)
        before = len(tables[-1]) if tables else 0
        assert len(family.trained) == len(found.table) - before
        tables.append(found.table)
    for less, more in zip(tables, tables[1:], strict=False):
        assert less == more[: len(less)] and len(less) < len(more)
    assert tables[-1] == search(tmp_path / "other", search=way, budget=48 * IMAGES).table


def test_whole_iterations_of_hyperband_are_added(tmp_path: Path) -> None:
    one, two = (search(tmp_path, budget=n * 15 * IMAGES).table for n in (1, 2))
    assert len(one) == 7 and len(two) == 14
    assert [(row["start"], row["epochs"]) for row in two[7:]] == [
        (row["start"], row["epochs"]) for row in one
    ]


@pytest.mark.parametrize("way", SEARCHES)
def test_a_search_that_was_killed_comes_to_the_same_table(way: str, tmp_path: Path) -> None:
    whole = search(tmp_path / "unbroken", search=way, budget=30 * IMAGES)
    for last in range(len(whole.table)):
        killed, begun = Made(), []

        def fails(values: Any, last: int = last, begun: list[Any] = begun) -> bool:
            begun.append(values)
            if len(begun) > last:
                raise KeyboardInterrupt  # in the midst of a trial
            return False

        killed.fails = fails
        folder = tmp_path / str(last)
        with pytest.raises(KeyboardInterrupt):
            search(folder, killed, search=way, budget=30 * IMAGES)
        family = Made()
        found = search(folder, family, search=way, budget=30 * IMAGES)
        assert found.table == whole.table and found.best == whole.best
        assert len(family.trained) == len(whole.table) - last


@pytest.mark.parametrize(("way", "other"), [("random", "grid"), ("grid", "bayesian")])
def test_a_trial_is_never_run_twice_whatever_the_way(way: str, other: str, tmp_path: Path) -> None:
    search(tmp_path, search=way, budget=COMBINATIONS * WHOLE)
    family = Made()
    found = search(tmp_path, family, search=other, budget=COMBINATIONS * WHOLE)
    assert not family.trained and len(found.table) == COMBINATIONS


def test_a_state_that_is_gone_is_made_again(tmp_path: Path) -> None:
    search(tmp_path, budget=9 * IMAGES)  # it ends where a trial waits for its promotion, or later
    for state in (tmp_path / "journal").glob("*.weights.h5"):
        state.unlink()
    again = search(tmp_path, factor=2, budget=60 * IMAGES).table
    assert again == search(tmp_path / "other", factor=2, budget=60 * IMAGES).table


def test_who_leaves_no_state_is_not_asked_for_it_again(tmp_path: Path) -> None:
    family = Made()
    family.stateful = False
    assert len(search(tmp_path, family).table) == len(family.trained) == 7
    search(tmp_path, family, factor=2, budget=30 * IMAGES)
    values = [(str(values), run.start, run.epochs, run.seed) for values, run in family.trained]
    assert len(values) == len(set(values))


def test_only_what_a_longer_search_needs_is_kept_of_states(tmp_path: Path) -> None:
    search(tmp_path, budget=15 * IMAGES)  # a whole iteration
    assert not list((tmp_path / "journal").glob("*.weights.h5"))
    search(tmp_path, budget=17 * IMAGES)  # two trials of the next one
    assert len(list((tmp_path / "journal").glob("*.weights.h5"))) == 2


@pytest.mark.parametrize("way", SEARCHES)
def test_after_its_minutes_a_search_begins_no_trial(way: str, tmp_path: Path) -> None:
    found = prepared(tmp_path, Made(), search=way, budget=10 * WHOLE, minutes=1.0, confirm=2)
    run = found._run

    def slowly(*arguments: Any) -> dict[str, Any]:
        entry = {**run(*arguments), "seconds": 25.0}
        found._journal.write(arguments[1], entry)
        return entry

    found._run = slowly  # type: ignore[method-assign]
    found.search(verbose=0)
    assert len(found.table) == 3 and found.found()["ended"] == "time" and found.worth is None
    family = Made()
    again = search(tmp_path, family, search=way, budget=10 * WHOLE, minutes=1.0)
    assert again.table == found.table and not family.trained
    more = search(tmp_path, family, search=way, budget=10 * WHOLE, minutes=2.0)
    assert more.table[:3] == found.table and len(more.table) > 3


def test_the_last_used_journals_stay(tmp_path: Path) -> None:
    for n in range(8):
        one = Journal(tmp_path / f"search-{n}")
        one.open()
        one.write(Attempt({}, 0, 1, seed=n), {"metrics": {}})
        os.utime(one.folder, (n, n))
    Journal(tmp_path / "search-3").open()  # one of a while ago is used again
    Journal(tmp_path / "new").open()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"new", "search-3", "search-5", "search-6", "search-7"}
    assert not ended(tmp_path)
    Journal(tmp_path / "new").close([])
    assert ended(tmp_path) == [tmp_path / "new"]


@pytest.mark.parametrize("count", [10, 25, 100, 999])
def test_the_first_images_have_each_class_in_its_proportion(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(4), [500, 300, 150, 50]))
    images = np.arange(1000).reshape(-1, 1, 1)
    data = SearchData([], [], 1, None, 1)
    data._splits = Splits(Split(images, labels), Split(images[:1], labels[:1]))
    first = data.first(count).train
    assert len(first.images) == count and (labels[first.images.ravel()] == first.labels).all()
    shares = np.bincount(first.labels, minlength=4) / count
    assert np.abs(shares - [0.5, 0.3, 0.15, 0.05]).max() < 2 / count
    fewer = set(data.first(count - 1).train.images.ravel())
    assert fewer < set(first.images.ravel())
    assert data.first(5000) is data.splits()
    assert sorted(in_turn(labels)) == list(range(1000))
