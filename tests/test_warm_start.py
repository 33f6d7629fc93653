"""`--warm-start`: where a search begins, and that the same command begins at the same place."""

import dataclasses
import datetime
from pathlib import Path
from typing import Any

import pytest

from components.results.facts import Training
from components.results.summary import FILE, Summary, Verdict, write_summary
from pipeline.settings import BadSetting, Settings, from_plain, make_settings, to_plain
from pipeline.warm_start import warm
from tests.datasets import MNIST

USED = {"learning_rate": 2e-3, "layers": 1, "stem": "patch", "width": 32}


def settings(output: Path, **values: Any) -> Settings:
    found = make_settings(output=output, **{"profile": "default", **values})
    return dataclasses.replace(found, dataset=MNIST)


def leave(
    asked: Settings, day: int, used: dict[str, Any], outcome: str = "pushed", name: str = ""
) -> str:
    """Leaves a run's folder; gives its name."""
    begun = datetime.datetime(2026, 1, day, tzinfo=datetime.timezone.utc)
    name = name or begun.strftime("%Y%m%d-%H%M%S-%f")
    summary = Summary(
        Verdict(outcome, 0),
        run=name,
        settings=to_plain(asked),
        training=Training({}, used),
    )
    folder = asked.output / asked.family / name
    folder.mkdir(parents=True)
    write_summary(folder / FILE, summary)
    return name


def test_the_last_blessed_models_values_are_taken_and_written_down(tmp_path: Path) -> None:
    leave(settings(tmp_path), 1, {"layers": 2})
    name = leave(settings(tmp_path, seed=2), 2, USED)
    leave(settings(tmp_path, seed=3), 3, {"layers": 2}, outcome="refused")
    leave(settings(tmp_path, model="vae"), 4, {"layers": 2})
    found = warm(settings(tmp_path, warm_start=True))
    assert found.settings.begin == USED and f"hyperparameters of run {name}" in found.line
    written = to_plain(found.settings)
    assert written["begin"] == USED and from_plain(written) == found.settings
    again = warm(found.settings)  # as --config reads them
    assert again.settings == found.settings


def test_the_same_command_finds_the_same_again_and_not_what_it_pushed_itself(
    tmp_path: Path,
) -> None:
    leave(settings(tmp_path), 1, USED)
    asked = settings(tmp_path, warm_start=True)
    first = warm(asked).settings
    leave(first, 2, {**USED, "learning_rate": 5e-3})
    repeated = dataclasses.replace(first.training, repeat=2)  # one of several seeds
    leave(dataclasses.replace(first, training=repeated), 3, {**USED, "layers": 2})
    assert warm(asked).settings == first
    other = warm(settings(tmp_path, warm_start=True, tuning={"budget": 10**6})).settings
    assert other.begin == {**USED, "layers": 2}


@pytest.mark.parametrize("moved", ["elsewhere", "here too"])
def test_a_folder_that_was_moved_begins_at_the_same_place(tmp_path: Path, moved: str) -> None:
    output = tmp_path / "output"
    leave(settings(output), 1, USED)
    first = warm(settings(output, warm_start=True)).settings
    leave(first, 2, {**USED, "layers": 2})
    output.rename(tmp_path / moved)
    assert warm(settings(tmp_path / moved, warm_start=True)).settings.begin == first.begin


def test_what_is_set_stays_and_what_no_longer_fits_is_left_out(tmp_path: Path) -> None:
    leave(settings(tmp_path), 1, {**USED, "layers": "many", "gone": 3})
    asked = settings(tmp_path, warm_start=True, hyperparameters={"width": 64})
    assert warm(asked).settings.begin == {"learning_rate": 2e-3, "stem": "patch"}


def test_with_nothing_to_take_the_search_begins_with_the_defaults(tmp_path: Path) -> None:
    asked = settings(tmp_path, warm_start=True)
    found = warm(asked)
    assert found.settings == asked and "begins with the defaults" in found.line
    leave(asked, 1, USED)  # by these same settings
    assert warm(asked) == found
    assert warm(settings(tmp_path)) == (settings(tmp_path), "")


def test_without_a_search_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="tuner is none"):
        warm(settings(tmp_path, warm_start=True, tuner="none"))
