"""One budget for every search: what it buys, how a search goes on, and why it ends."""

import dataclasses
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from modules import families
from modules.contract.family import IMAGES as BY_IMAGES
from modules.contract.family import TrainingRun
from modules.contract.profile import PROFILE_NAMES
from modules.training import progress
from modules.training.oracles import HyperbandOracle
from modules.training.search import Search, SearchStopped
from modules.training.searches import SEARCHES, brackets, iteration, least, plan
from pipeline.settings import FAMILIES
from tests.searching import COMBINATIONS, IMAGES, TASK, WHOLE, Made, search

RUNGS = ("hyperband", "bohb")  # searches whose trials go on


def spent(found: Search) -> int:
    """By the trial table."""
    return sum((row["epochs"] - row["start"]) * row["images"] for row in found.table)


def test_two_rungs_and_one_promotion_in_15_epochs() -> None:
    rungs = brackets(4, 4)
    assert [[(r.size, r.start, r.until) for r in of] for of in rungs] == [
        [(4, 0, 1), (1, 1, 4)],
        [(2, 0, 4)],
    ]
    assert iteration(TASK, "epochs", IMAGES) == 15 * IMAGES


@pytest.mark.parametrize(("epochs", "factor"), [(1, 3), (4, 3), (4, 4), (6, 3), (9, 3), (27, 3)])
def test_hyperband_draws_and_promotes_what_keras_tuners_does(
    epochs: int, factor: int, tmp_path: Path
) -> None:
    family = Made()
    task = dataclasses.replace(TASK, max_epochs=epochs, factor=factor)
    many = sum(rung.size for rungs in brackets(epochs, factor) for rung in rungs)
    space = keras_tuner.HyperParameters()
    space.Float("rate", 0.0, 3.0)  # of endless values
    space.Choice("layers", [1, 2, 3])
    space.Choice("kind", ["a", "b"])

    def proposed(kind: Any, **more: Any) -> list[dict[str, Any]]:
        asked = {"objective": keras_tuner.Objective("val_score", "max"), "seed": 3}
        oracle = kind(hyperparameters=space.copy(), **asked, **more)
        oracle.max_trials = 9_999
        oracle._set_project_dir(str(tmp_path), kind.__module__)
        found = []
        while len(found) < 2 * many:
            trial = oracle.create_trial("one")
            values = trial.hyperparameters.values
            found.append(dict(values))
            run = TrainingRun(epochs=values["tuner/epochs"], seed=1)
            oracle.update_trial(trial.trial_id, {"val_score": family.reaches(values, run)})
            trial.status = "COMPLETED"
            oracle.end_trial(trial)
        return found

    known = {"max_epochs": epochs, "factor": factor, "hyperband_iterations": 2}
    stock = proposed(keras_tuner.oracles.HyperbandOracle, **known)
    assert proposed(HyperbandOracle, task=task) == stock


@pytest.mark.parametrize("way", SEARCHES)
@pytest.mark.parametrize("budget", [WHOLE, 15 * IMAGES, 3_333, 10 * WHOLE])
def test_no_search_passes_its_budget(way: str, budget: int, tmp_path: Path) -> None:
    found = search(tmp_path, search=way, budget=budget)
    assert spent(found) == found.found()["spent"] <= budget
    assert found.found()["ended"] == "budget"
    if way not in RUNGS:
        assert len(found.table) == budget // WHOLE
    else:
        assert budget - spent(found) < WHOLE  # no trial costs more
    planned = plan(found._task, "epochs", IMAGES, COMBINATIONS)
    assert [(row["start"], row["epochs"]) for row in found.table] == [tuple(s) for s in planned]


@pytest.mark.parametrize("way", SEARCHES)
def test_a_small_space_ends_a_search_early_and_it_says_so(
    way: str, tmp_path: Path, heard: list[progress.Progress]
) -> None:
    fixed = {"layers": 2}
    found = search(tmp_path, search=way, budget=60 * WHOLE, hyperparameters=fixed)
    tried = {str(row["values"]) for row in found.table}
    assert len(tried) == 6 and found.found()["ended"] == "space"
    assert found.found()["combinations"] == 6
    begun = [row for row in found.table if not row["start"]]
    assert len(begun) == 6  # none twice
    assert heard[-1].detail == f"trial {len(found.table)}/{len(found.table)}"
    assert heard[-1].done == heard[-1].total


@pytest.mark.parametrize("way", SEARCHES)
def test_a_trial_that_fails_is_told_and_the_search_goes_on(way: str, tmp_path: Path) -> None:
    family = Made(fails=lambda values: values["layers"] == 1)
    found = search(tmp_path, family, search=way, budget=10 * WHOLE)
    failed = [row for row in found.table if row["failed"]]
    assert failed and all(row["score"] is None for row in failed)
    assert {row["failed"] for row in failed} == {"the loss is nan"}
    assert found.best["layers"] != 1
    if way in RUNGS:  # the best of those that are left go on
        assert sum(row["start"] > 0 for row in found.table) >= 2
    with pytest.raises(SearchStopped, match="no trial finished .* the loss is nan"):
        search(tmp_path / "all", Made(fails=lambda values: True), search=way, budget=4 * WHOLE)


def test_a_promoted_trial_goes_on_and_its_schedule_ends_with_its_own_epochs(tmp_path: Path) -> None:
    family = Made()
    search(tmp_path, family)
    [run] = [run for _, run in family.trained if run.start]
    assert (run.start, run.epochs) == (1, 4) and run.go_on_from


def test_of_a_family_whose_resource_are_images_trials_begin_anew_with_more(
    tmp_path: Path,
) -> None:
    family = Made(BY_IMAGES)
    assert iteration(TASK, BY_IMAGES, IMAGES) == 4 * 25 + 100 + 2 * 100
    found = search(tmp_path, family)
    assert [row["images"] for row in found.table] == [25] * 4 + [100] * 3
    assert sum(row["images"] for row in found.table) == found.found()["spent"] == 400
    assert not any(run.go_on_from or run.keep or run.start for _, run in family.trained)


def test_the_least_budget_is_one_trial() -> None:
    by_way = {way: dataclasses.replace(TASK, search=way) for way in SEARCHES}
    assert {way: least(task, "epochs", IMAGES) for way, task in by_way.items()} == {
        **dict.fromkeys(RUNGS, IMAGES),
        "random": WHOLE,
        "bayesian": WHOLE,
        "grid": WHOLE,
    }


def test_each_trial_is_told_as_it_ends(tmp_path: Path, heard: list[progress.Progress]) -> None:
    search(tmp_path, Made(fails=lambda values: values["layers"] == 1))
    told = [one.ended for one in heard if one.ended]
    assert len(told) == 7
    assert told[0] == "trial 1/7: val score 1.2742, 1 epoch; layers 2, rate 0.1, kind b"
    assert any("the loss is nan, 1 epoch; layers 1" in line for line in told)
    assert any("epochs 2 to 4" in line for line in told)
    heard.clear()
    search(tmp_path)
    assert all(one.ended.endswith(" (kept)") for one in heard if one.ended)


def test_a_search_begins_with_what_it_was_given(tmp_path: Path) -> None:
    begin = {"layers": 3, "rate": 0.15, "width": 16}
    found = search(tmp_path, search="random", budget=5 * WHOLE, begin=begin)
    first, *others = [row["values"] for row in found.table]
    assert first == {"kind": "b", **begin}
    assert {values["width"] for values in others} == {16}
    assert found.found()["combinations"] == 3 * 4 * 2  # what was no choice has become one


@pytest.mark.parametrize("family", FAMILIES)
def test_the_budgets_that_the_docs_name_are_one_iteration_of_hyperband(
    family: str, project: Path
) -> None:
    loaded = families.load(family)
    cells = []
    for name in PROFILE_NAMES:
        asked = loaded.profiles[name].tuning
        assert asked.budget is None and asked.images
        task = dataclasses.replace(TASK, max_epochs=asked.max_epochs, factor=asked.factor)
        cells.append(f"{iteration(task, loaded.resource, asked.images):,}")
    row = f"| `{family}` | {' | '.join(cells)} |"
    assert row in (project / "docs" / "searching.md").read_text().splitlines()


@pytest.fixture
def heard() -> Any:
    """All that is told of progress."""
    told: list[progress.Progress] = []
    with progress.listen(told.append):
        yield told
