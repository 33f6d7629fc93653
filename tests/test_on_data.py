"""What a run takes of its data, before it starts."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from components.readers.reader import BadDataset
from pipeline.intake import on_data
from pipeline.settings import BadSetting, Layer, from_plain, make_settings, to_plain


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, make_dataset: Any) -> Path:
    return make_dataset(tmp_path_factory.mktemp("data") / "some digits", train=900, test=450)


def test_settings_know_their_data_also_when_they_are_read_again(data: Path) -> None:
    settings = on_data(make_settings(data_dir=data))
    found = settings.known_dataset
    assert (found.origin, found.side, found.classes) == ("some digits", 28, 10)
    assert (found.train_count, found.test_count) == (900, 450)
    assert from_plain(to_plain(settings)) == settings
    with pytest.raises(LookupError, match="nobody has looked at the data"):
        _ = make_settings(data_dir=data).known_dataset


def test_a_profiles_number_means_at_most(data: Path) -> None:
    settings = on_data(make_settings(data_dir=data, profile="smoke"))
    assert (settings.data.train_images, settings.data.test_images) == (900, 450)


def test_all_stays_all(data: Path) -> None:
    assert to_plain(on_data(make_settings(data_dir=data)))["data"]["train_images"] == "all"


@pytest.mark.parametrize(("name", "count"), [("train_images", 901), ("test_images", 60_000)])
@pytest.mark.parametrize("profile", ["smoke", "default"])
def test_more_than_there_is_cannot_be_asked_for(
    data: Path, name: str, count: int, profile: str
) -> None:
    typed = make_settings(data_dir=data, profile=profile, data={name: count})
    with pytest.raises(BadSetting, match=f"data.{name} is {count:,}, and .* has"):
        on_data(typed)
    layer = Layer({"data": {name: str(count)}}, source="a.toml")
    with pytest.raises(BadSetting, match=f"data.{name} is {count:,}"):
        on_data(make_settings(layer, data_dir=data, profile=profile))


@pytest.mark.parametrize("number", [6000, "6000"])
def test_a_number_that_a_person_set_to_the_profiles_is_the_persons(data: Path, number: Any) -> None:
    with pytest.raises(BadSetting, match="data.train_images is 6,000"):
        on_data(make_settings(data_dir=data, profile="smoke", data={"train_images": number}))


@pytest.mark.parametrize("wanted", [1, 5, 299, 300])
def test_a_test_subset_has_thirty_of_each_class(data: Path, wanted: int) -> None:
    settings = on_data(make_settings(data_dir=data, data={"test_images": wanted}))
    assert settings.data.test_images == 300


def test_too_few_to_learn_from_are_refused_by_class(data: Path) -> None:
    with pytest.raises(BadDataset, match="of the 10 images that are taken, none of class 0 is for"):
        on_data(make_settings(data_dir=data, data={"train_images": 10}))


def test_data_elsewhere_are_looked_at_for_a_run_elsewhere(data: Path) -> None:
    settings = on_data(make_settings(data_dir="/in/the/pod"), data)
    assert settings.data_dir == Path("/in/the/pod") and settings.known_dataset.side == 28


def test_what_a_file_says_of_the_data_gives_way_to_the_data(data: Path) -> None:
    settings = on_data(make_settings(data_dir=data))
    other = dataclasses.replace(settings.known_dataset, hash="f" * 64)
    written = to_plain(dataclasses.replace(settings, dataset=other))
    assert on_data(make_settings(Layer(written))) == settings
