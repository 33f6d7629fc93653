"""Settings as plain values: what is written is read again, and nothing else is."""

import json
from typing import Any

import pytest

from modules.contract.profile import PROFILE_NAMES
from pipeline.settings import FAMILIES, BadSetting, from_plain, make_settings, to_plain


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("family", FAMILIES)
def test_settings_survive_being_written_down(family: str, profile: str) -> None:
    settings = make_settings(
        model=family,
        profile=profile,
        seed=4,
        hyperparameters={"stem": "conv", "rate": 1e-05, "norm": False},
        metadata_store="grpc://somewhere:8080",
    )
    plain = json.loads(json.dumps(to_plain(settings)))
    assert plain["model"] == family and plain["tuning"]["factor"] == settings.tuning.factor
    assert from_plain(plain) == settings


def test_what_is_absent_is_written_as_a_word() -> None:
    plain = to_plain(make_settings())
    assert plain["data"]["train_images"] == plain["data"]["test_images"] == "all"
    assert plain["metadata_store"] == "none"


def without(group: str, key: str = "") -> dict[str, Any]:
    plain = to_plain(make_settings())
    del (plain[group] if key else plain)[key or group]
    return plain


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (without("training"), "they lack training.epochs"),
        (without("model"), "they lack model"),
        (without("data_dir"), "they lack data_dir"),
        (without("tuning", "factor"), "they lack tuning.factor"),
        (without("gates", "accuracy_drop"), "they lack gates.accuracy_drop"),
        (to_plain(make_settings()) | {"colour": "blue"}, "colour"),
        (to_plain(make_settings()) | {"training": {"epochs": 1, "colour": "blue"}}, "colour"),
        (to_plain(make_settings()) | {"data": None}, "unknown setting 'data'"),
        (to_plain(make_settings()) | {"output": None}, "output must be a path"),
        (
            to_plain(make_settings()) | {"data": {"train_images": 0, "test_images": 1}},
            "train_images must be a whole number",
        ),
        ([], "list instead of a table"),
    ],
)
def test_settings_of_another_version_are_refused(plain: Any, words: str) -> None:
    with pytest.raises(BadSetting, match=f"written by another version of the project: .*{words}"):
        from_plain(plain)
