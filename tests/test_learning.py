"""What a training is asked to do is held against what there is, before it starts."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.readers import idx
from components.readers.intake import learnt_from, places
from components.readers.survey import Survey
from modules import families
from modules.contract.hyperparameters import whole
from modules.data.splits import split_of
from modules.training.oracles import space_to_search
from modules.training.searches import brackets, plan
from modules.training.tasks import SearchTask
from pipeline.intake import on_data
from pipeline.settings import FAMILIES, BadSetting, Layer, Settings, make_settings, to_plain

BATCH = "hyperparameters.batch_size"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, make_dataset: Any) -> Path:
    return make_dataset(tmp_path_factory.mktemp("data") / "digits", train=900, test=450)


def look(data: Path, values: dict[str, Any], **more: Any) -> Settings:
    """Settings that know their data; the tuner is none, unless something else is said."""
    return on_data(make_settings(Layer({"tuner": "none", **values}), data_dir=data, **more))


@pytest.mark.parametrize("taken", [None, 400])
def test_what_is_learnt_from_is_counted(data: Path, taken: int | None) -> None:
    pair = idx.find_dataset(data)["train"]
    images = np.array(idx.read_images(pair.images, 0, pair.count))
    chosen = places(Survey(data, transposed=False), taken, None)["train"]
    wanted = sum(split_of(images[place].tobytes()) == "train" for place in chosen)
    assert learnt_from(data, False, taken) == wanted < len(chosen)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("taken", [900, 700])
def test_a_batch_is_at_most_all_images(data: Path, family: str, taken: int) -> None:
    there = learnt_from(data, False, taken)
    values = {"model": family, "data.train_images": taken}
    assert look(data, {**values, BATCH: there}).hyperparameters["batch_size"] == there
    for size in (there + 1, str(there + 1), 4096):
        with pytest.raises(BadSetting, match=f"{BATCH} must be at most {there:,}, .* not"):
            look(data, {**values, BATCH: size})


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("profile", ["smoke", "default", "full"])
def test_what_nobody_asked_for_is_as_much_as_there_is(
    data: Path, family: str, profile: str
) -> None:
    there = learnt_from(data)
    found = look(data, {"model": family, "tuner": "random"}, profile=profile)
    assert found.tuning.images == there
    few = look(data, {"model": family, "data.train_images": 700}, profile=profile)
    assert few.hyperparameters.get("batch_size", 0) <= learnt_from(data, False, 700)
    # A run's own settings are such that it can be repeated.
    for settings in (found, few):
        assert on_data(make_settings(Layer(to_plain(settings)))) == settings


def test_a_profiles_batch_has_no_more_images_than_there_are(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = families.load("gan")
    large = dataclasses.replace(loaded.profiles["smoke"], hyperparameters={"batch_size": 2000})
    monkeypatch.setattr(loaded, "profiles", {**loaded.profiles, "smoke": large})
    found = look(data, {"model": "gan"}, profile="smoke")
    assert found.hyperparameters == {"batch_size": learnt_from(data)}


@pytest.mark.parametrize("tuner", ["hyperband", "grid"])
def test_a_trial_has_the_images_of_a_batch(data: Path, tuner: str) -> None:
    values = {"tuner": tuner, "tuning.images": 100}
    assert look(data, {**values, BATCH: 100}).tuning.images == 100
    with pytest.raises(BadSetting, match=rf"{BATCH} must be at most 100, .*\(tuning.images\)"):
        look(data, {**values, BATCH: 101})
    assert look(data, {**values, "tuner": "none", BATCH: 101}).tuner == "none"


def test_a_trial_cannot_ask_for_more_images_than_there_are(data: Path) -> None:
    there = learnt_from(data)
    assert look(data, {"tuner": "random", "tuning.images": there}).tuning.images == there
    with pytest.raises(BadSetting, match=f"tuning.images must be at most {there:,}"):
        look(data, {"tuner": "random", "tuning.images": there + 1})


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("tuner", ["hyperband", "random", "bayesian", "grid"])
def test_a_search_has_something_to_search(data: Path, family: str, tuner: str) -> None:
    searched = [one for one in families.load(family).hyperparameters if one.choices]
    fixed = {f"hyperparameters.{one.name}": one.default for one in searched}
    with pytest.raises(BadSetting, match=rf"tuner {tuner} has nothing to search.*--tuner none"):
        look(data, {"model": family, "tuner": tuner, **fixed})
    assert look(data, {"model": family, **fixed}).tuner == "none"
    profile = families.load(family).profiles["default"].hyperparameters
    open_ = next(one.name for one in searched if one.name not in profile)
    del fixed[f"hyperparameters.{open_}"]
    assert look(data, {"model": family, "tuner": tuner, **fixed}).tuner == tuner


@pytest.mark.parametrize(
    ("tuner", "least"), [("hyperband", 100), ("random", 400), ("bayesian", 400), ("grid", 400)]
)
def test_a_budget_buys_one_trial_at_least(data: Path, tuner: str, least: int) -> None:
    values = {"tuner": tuner, "tuning.images": 100, "tuning.max_epochs": 4, "tuning.factor": 4}
    assert look(data, {**values, "tuning.budget": least}).tuning.budget == least
    with pytest.raises(BadSetting, match=f"--tuner-budget.* at least {least},.*, not {least - 1}"):
        look(data, {**values, "tuning.budget": least - 1})


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("profile", ["smoke", "default", "full"])
def test_who_names_no_budget_gets_one_iteration_of_hyperband(family: str, profile: str) -> None:
    settings = make_settings(model=family, profile=profile, tuner="hyperband")
    found = on_data(settings).tuning
    assert found.budget and found.images
    task = SearchTask(
        family, {}, "hyperband", found.max_epochs, found.factor, found.budget, found.images,
        {}, 1, "",
    )  # fmt: skip
    resource = families.load(family).resource
    whole = [rung.size for rungs in brackets(found.max_epochs, found.factor) for rung in rungs]
    assert len(plan(task, resource, found.images, 10**6)) == sum(whole)
    less = dataclasses.replace(task, budget=found.budget - 1)
    assert len(plan(less, resource, found.images, 10**6)) < sum(whole)


@pytest.mark.parametrize("images", [None, 300])
def test_the_budget_follows_how_many_images_there_are(data: Path, images: int | None) -> None:
    values = {"tuner": "random", "tuning.images": images or "all", "tuning.max_epochs": 4}
    there = images or learnt_from(data, False, None)
    found = look(data, {**values, "tuning.factor": 4}).tuning
    assert found.budget == 15 * there


def test_where_a_search_begins_is_checked(data: Path) -> None:
    assert look(data, {"tuner": "random", "begin.layers": 1}).begin == {"layers": 1}
    with pytest.raises(BadSetting, match="hyperparameters.layers must be"):
        look(data, {"tuner": "random", "begin.layers": 0})
    with pytest.raises(BadSetting, match="unknown hyperparameter 'layer'"):
        look(data, {"tuner": "random", "begin.layer": 1})
    with pytest.raises(BadSetting, match="tuner is none"):
        look(data, {"begin.layers": 1})


@pytest.mark.parametrize(("images", "enough"), [(64, False), (128, True)])
def test_sizes_of_a_batch_that_do_not_fit_are_no_choice(
    data: Path, monkeypatch: pytest.MonkeyPatch, images: int, enough: bool
) -> None:
    space = (whole("batch_size", 64, "images", [64, 128]),)
    monkeypatch.setattr(families.load("vae"), "hyperparameters", space)
    monkeypatch.setattr(families.load("vae"), "profiles", families.load("transformer").profiles)
    values = {"model": "vae", "tuner": "grid", "tuning.images": images}
    if enough:
        assert look(data, values).tuner == "grid"
    else:
        with pytest.raises(BadSetting, match="has nothing to search"):
            look(data, values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("training.epochs", 0),
        ("tuning.max_epochs", 0),
        ("tuning.factor", 1),
        ("tuning.budget", 0),
        ("tuning.images", 0),
        (BATCH, 0),
        ("hyperparameters.learning_rate", 0),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_not_enough(data: Path, family: str, name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name} must be .* from .* to .*, not {value}"):
        found = look(data, {"model": family, name: value})
        families.check(family, found.hyperparameters, found.known_dataset)


@pytest.mark.parametrize(("images", "sizes"), [(128, [32, 64, 128]), (50, [32]), (9, None)])
def test_of_the_sizes_of_a_batch_those_that_fit_are_searched(
    images: int, sizes: list[int] | None
) -> None:
    space = (whole("batch_size", 64, "images", [32, 64, 128, 256]), whole("layers", 1, "", [1, 2]))
    searched = space_to_search(space, {}, lambda: images).space
    assert (searched[0].values if sizes else None) == sizes
    assert searched[0].default == (32 if sizes == [32] else 64)
    assert searched[1].values == [1, 2]
