"""The forest to be better than: the newest that was pushed, of the same data, paired by image."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.gates import OVERALL
from components.results.checks import find
from components.results.forest import beside_forest, find_forest
from components.results.judged import BETTER, NOISE, WORSE
from components.results.markdown import to_markdown
from components.results.page import render
from components.results.predictions import FILE as PREDICTIONS
from components.results.predictions import Predictions, write_predictions
from components.results.report import Report
from components.results.summary import FILE, Node, Summary, Verdict, read_summary, write_summary
from modules.util.files import remove
from tests import results

PUSHED, REFUSED = Verdict("pushed", 0), Verdict("refused", 3)
FIRST, SECOND, THIRD = (f"2026010{day}-000000-000000" for day in (1, 2, 3))
LABELS = np.arange(400) % 2  # classes "0" and "8"
IMAGES = 2000


def run(
    model: str, verdict: Verdict = PUSHED, digest: str = "abcd", images: Any = IMAGES
) -> Summary:
    settings = {"model": model, "dataset": {"hash": digest}, "data": {"test_images": images}}
    return dataclasses.replace(results.SUMMARY, verdict=verdict, settings=settings)


def write(output: Path, name: str, summary: Summary, wrong: np.ndarray | None = None) -> Summary:
    """Writes a run, and what its model said of each image where it is known which are wrong."""
    place = f"artifacts/{summary.settings['model']}/Evaluator/evaluation/{name}"
    evaluator = Node("Evaluator", "done", 1.0, "", outputs={"evaluation": place})
    evaluation = summary.evaluation
    if wrong is not None and evaluation:
        right = np.where(wrong, 0.0, 1.0)
        said = Predictions("these", np.arange(len(LABELS)), LABELS, {"accuracy": right})
        (output / place).mkdir(parents=True)
        write_predictions(output / place, said)
        overall = {**evaluation.overall, "accuracy": float(right.mean())}
        evaluation = dataclasses.replace(evaluation, overall=overall)
    summary = dataclasses.replace(summary, run=name, nodes=(evaluator,), evaluation=evaluation)
    folder = output / str(summary.settings["model"]) / name
    folder.mkdir(parents=True)
    write_summary(folder / FILE, summary)
    return summary


def beside(output: Path, summary: Summary) -> Summary:
    return dataclasses.replace(summary, forest=find_forest(output, summary))


def test_it_is_the_newest_that_was_pushed(tmp_path: Path) -> None:
    write(tmp_path, SECOND, run("forest"))
    write(tmp_path, FIRST, run("forest"))
    write(tmp_path, THIRD, run("forest", REFUSED))
    write(tmp_path, THIRD, run("vae"))
    (tmp_path / "forest" / "20260105").mkdir()  # has just begun
    (tmp_path / "forest" / "latest").symlink_to(THIRD)
    found = find_forest(tmp_path, run("transformer"))
    assert found and (found.run, found.figures) == (SECOND, results.EVALUATION.overall)


def test_a_later_forest_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    write(tmp_path, FIRST, run("forest"), LABELS < 0)
    mine = beside(tmp_path, write(tmp_path, FIRST, run("transformer"), LABELS < 0))
    assert mine.forest and mine.forest.run == FIRST
    assert beside(tmp_path, mine).forest is mine.forest  # which is not worked out again
    write(tmp_path, SECOND, run("forest"), LABELS == 0)
    later = beside(tmp_path, mine).forest
    assert later and later.run == SECOND and later.whole and later.whole.baseline == 0.5


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
    write(tmp_path, FIRST, other)
    assert find_forest(tmp_path, run("transformer")) is None


def test_a_forest_is_no_rival_of_forests_nor_of_who_knows_no_data(tmp_path: Path) -> None:
    write(tmp_path, FIRST, run("forest", digest=""))
    assert find_forest(tmp_path, run("transformer", digest="")) is None
    write(tmp_path, SECOND, run("forest"))
    assert find_forest(tmp_path, run("forest")) is None


def test_what_does_not_classify_or_was_not_judged_has_no_rival(tmp_path: Path) -> None:
    write(tmp_path, FIRST, run("forest"))
    draws = dataclasses.replace(results.EVALUATION, confusion=[])
    assert find_forest(tmp_path, dataclasses.replace(run("vae"), evaluation=draws)) is None
    assert find_forest(tmp_path, dataclasses.replace(run("transformer"), evaluation=None)) is None
    assert find_forest(tmp_path / "nothing", run("transformer")) is None


def told(summary: Summary) -> str:
    plain = beside_forest(summary).replace("\N{NO-BREAK SPACE}", " ")
    return plain.replace("\N{MINUS SIGN}", "-")


def test_it_is_said_by_how_much_a_forest_is_beaten_class_by_class(tmp_path: Path) -> None:
    places = np.arange(len(LABELS))
    write(tmp_path, FIRST, run("forest"), (places < 40) & (LABELS == 1))  # 20 of one class
    mine = beside(tmp_path, write(tmp_path, FIRST, run("transformer"), places == 399))
    assert mine.forest
    pairs = {one.slice: one for one in mine.forest.paired if one.metric == "accuracy"}
    assert list(pairs) == [OVERALL, "label=0", "label=8"]
    assert (pairs[OVERALL].won, pairs[OVERALL].lost) == (20, 1)
    assert (pairs[OVERALL].verdict, pairs["label=0"].verdict) == (BETTER, NOISE)
    assert (pairs["label=8"].value, pairs["label=8"].baseline) == (0.995, 0.9)
    assert told(mine) == (
        f"the model beats the forest of run {FIRST} by 4.75 points of accuracy (95 % interval "
        "+2.49 to +6.97 points, p < .001); better on 1 of 2 classes, on 1 by more than noise"
    )
    page = render(Report(mine))
    assert 'id="forest"' in page and page.count("more than noise") >= 2
    assert f"- Beside a forest: the model beats the forest of run {FIRST}" in to_markdown(
        Report(mine)
    ).replace("\\", "")
    assert "TRI302" not in {one.code for one in find(Report(mine))}
    file = tmp_path / "transformer" / FIRST / FILE
    write_summary(file, mine)
    assert read_summary(file).forest == mine.forest


@pytest.mark.parametrize(
    ("forest", "mine", "verdict", "words"),
    [
        (1, 40, WORSE, "is beaten by the forest of run"),
        (10, 12, NOISE, "does not beat the forest of run"),
        (10, 9, NOISE, "by more than noise: +0.25 points of accuracy"),
        (10, 10, NOISE, "by more than noise: ±0.00 points of accuracy"),
    ],
)
def test_who_does_not_beat_it_is_told_so(
    tmp_path: Path, forest: int, mine: int, verdict: str, words: str
) -> None:
    places = np.arange(len(LABELS))
    write(tmp_path, FIRST, run("forest"), places < forest)
    found = beside(tmp_path, write(tmp_path, FIRST, run("transformer"), places >= 400 - mine))
    assert found.forest and found.forest.whole and found.forest.whole.verdict == verdict
    assert words in told(found)
    assert "TRI302" in {one.code for one in find(Report(found))}


@pytest.mark.parametrize(
    ("gone", "whose"), [("forest", "the forest"), ("transformer", "this model")]
)
def test_without_what_one_of_them_said_their_figures_are_told(
    tmp_path: Path, gone: str, whose: str
) -> None:
    write(tmp_path, FIRST, run("forest"), LABELS == 0)
    mine = write(tmp_path, FIRST, run("transformer"), LABELS < 0)
    [kept] = tmp_path.glob(f"artifacts/{gone}/*/*/*/{PREDICTIONS}")
    remove(kept.parent)
    found = beside(tmp_path, mine)
    assert found.forest and not found.forest.paired
    assert told(found) == (
        f"accuracy is 100.00 %, and that of the forest of run {FIRST} 50.00 % (not compared image "
        f"by image, since what {whose} said of each image is gone)"
    )
    page = render(Report(found))
    assert 'id="forest"' in page and "each by itself" in page and "label=8" in page


def test_models_of_different_images_are_not_paired(tmp_path: Path) -> None:
    other = write(tmp_path, FIRST, run("forest"), LABELS == 0)
    folder = other.folder_of("evaluation", tmp_path)
    assert folder
    said = Predictions("others", np.arange(2), np.arange(2), {"accuracy": np.ones(2)})
    write_predictions(folder, said)
    mine = beside(tmp_path, write(tmp_path, FIRST, run("transformer"), LABELS < 0))
    assert mine.forest and mine.forest.unpaired == "the two were judged on different images"


def test_without_a_forest_nothing_is_said(tmp_path: Path) -> None:
    mine = beside(tmp_path, write(tmp_path, FIRST, run("transformer"), LABELS < 0))
    assert mine.forest is None and told(mine) == ""
    assert 'id="forest"' not in render(Report(mine))
    assert "forest" not in to_markdown(Report(mine))
