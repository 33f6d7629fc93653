"""The forest to be better than: the newest that was pushed, of the same data."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from components.results.forest import find_forest
from components.results.report import Rival
from components.results.summary import FILE, Summary, Verdict, write_summary
from tests import results

PUSHED, REFUSED = Verdict("pushed", 0), Verdict("refused", 3)


def run(model: str, verdict: Verdict = PUSHED, digest: str = "abcd", images: Any = 2000) -> Summary:
    settings = {"model": model, "dataset": {"hash": digest}, "data": {"test_images": images}}
    return dataclasses.replace(results.SUMMARY, verdict=verdict, settings=settings)


def write(output: Path, name: str, summary: Summary) -> None:
    folder = output / str(summary.settings["model"]) / name
    folder.mkdir(parents=True)
    write_summary(folder / FILE, dataclasses.replace(summary, run=name))


def test_it_is_the_newest_that_was_pushed(tmp_path: Path) -> None:
    write(tmp_path, "20260101", run("forest"))
    write(tmp_path, "20260102", run("forest"))
    write(tmp_path, "20260103", run("forest", REFUSED))
    write(tmp_path, "20260104", run("vae"))
    (tmp_path / "forest" / "20260105").mkdir()  # has just begun
    (tmp_path / "forest" / "latest").symlink_to("20260103")
    found = find_forest(tmp_path, run("transformer"))
    assert found == Rival("20260102", results.EVALUATION.overall)


@pytest.mark.parametrize(
    "other",
    [
        run("forest", REFUSED),
        run("forest", digest="ffff"),
        run("forest", images="all"),
        dataclasses.replace(run("forest"), evaluation=None),
    ],
)
def test_another_one_is_none(tmp_path: Path, other: Summary) -> None:
    write(tmp_path, "20260101", other)
    assert find_forest(tmp_path, run("transformer")) is None


def test_a_forest_is_no_rival_of_forests_nor_of_who_knows_no_data(tmp_path: Path) -> None:
    write(tmp_path, "20260101", run("forest", digest=""))
    assert find_forest(tmp_path, run("transformer", digest="")) is None
    write(tmp_path, "20260102", run("forest"))
    assert find_forest(tmp_path, run("forest")) is None
