"""Two runs beside each other: which is better, whether by more than noise, and what differs."""

import dataclasses
import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.results.__main__ import main
from components.results.comparing.comparison import Comparison, compare
from components.results.comparing.figures import Row
from components.results.comparing.page import line, render
from components.results.comparing.page import write as write_page
from components.results.facts import Evaluation
from components.results.judged import BETTER, NOISE, WORSE, Threshold
from components.results.predictions import Predictions, write_predictions
from components.results.summary import FILE, Node, Verdict, write_summary
from tests import results

A, B = "20260101-000000-000000", "20260102-000000-000000"
COUNT = 400
LABELS = np.arange(COUNT) % 2
SETTINGS = {"model": "transformer", "profile": "smoke", "training": {"epochs": 3}}


def right(wrong: int, of: int | None = None) -> np.ndarray:
    """1 for each image that was read right: all but the first ones, perhaps of one label."""
    found = np.ones(COUNT)
    places = np.arange(COUNT) if of is None else np.flatnonzero(LABELS == of)
    found[places[:wrong]] = 0.0
    return found


def evaluation(accuracy: np.ndarray, **values: Any) -> Evaluation:
    found = dataclasses.replace(
        results.EVALUATION,
        overall={"accuracy": float(accuracy.mean()), "entropy": 2.3, "example_count": COUNT},
        slices={
            f"label={name}": {
                "accuracy": float(accuracy[LABELS == place].mean()),
                "example_count": COUNT // 2,
            }
            for place, name in enumerate(("0", "8"))
        },
        notes={},
        thresholds=(
            Threshold(
                "accuracy",
                "accuracy",
                "overall",
                "at least",
                float(accuracy.mean()),
                0.9,
                0.99,
                0.95,
                COUNT,
                passed=bool(accuracy.mean() >= 0.95),
            ),
        ),
    )
    return dataclasses.replace(found, **values)


def write(
    output: Path,
    name: str,
    accuracy: np.ndarray,
    images: str | None = "abcd",
    model: str = "transformer",
    judged: dict[str, Any] | None = None,
    **values: Any,
) -> Path:
    """A run's folder, with what its model said of each image, unless `images` is None."""
    made = Path("artifacts", model, "Evaluator", "evaluation", name)
    (output / made).mkdir(parents=True)
    if images is not None:
        said = Predictions(images, np.arange(COUNT), LABELS, {"accuracy": accuracy})
        write_predictions(output / made, said)
    node = Node("Evaluator", "done", 2.0, "", took=2.0, outputs={"evaluation": str(made)})
    summary = dataclasses.replace(
        results.SUMMARY,
        run=name,
        settings={**SETTINGS, "model": model, **values.pop("settings", {})},
        nodes=(node,),
        evaluation=evaluation(accuracy, **(judged or {})),
    )
    folder = output / model / name
    folder.mkdir(parents=True)
    write_summary(folder / FILE, dataclasses.replace(summary, **values))
    return folder


def two(output: Path, before: np.ndarray, after: np.ndarray, **of_b: Any) -> Comparison:
    return compare(write(output, A, before), write(output, B, after, **of_b))


def row(found: Comparison, slice_: str = "overall", metric: str = "accuracy") -> Row:
    return next(one for one in found.rows if (one.metric, one.slice) == (metric, slice_))


@pytest.mark.parametrize(
    ("before", "after", "verdict", "words"),
    [
        (right(40), right(10), BETTER, "B is better than A, by more than noise. Accuracy is 90.00"),
        (right(10), right(40), WORSE, "B is worse than A, by more than noise."),
        (right(10), right(12), NOISE, "A and B differ by not more than noise."),
        (right(10), right(10), NOISE, "A and B differ by not more than noise"),
    ],
)
def test_what_both_judged_is_paired(
    before: np.ndarray, after: np.ndarray, verdict: str, words: str, tmp_path: Path
) -> None:
    found = two(tmp_path, before, after)
    assert row(found).verdict == verdict and not found.unpaired
    lost, won = int((before > after).sum()), int((after > before).sum())
    told = line(found)
    assert told.startswith(words)
    assert f"lost {lost}, won {won} of 400; p " in told and "Not paired" not in told


def test_slices_are_paired_by_their_own_images(tmp_path: Path) -> None:
    found = two(tmp_path, right(40, of=1), right(10, of=1))
    assert row(found, "label=0").verdict == NOISE
    better = row(found, "label=8")
    assert better.verdict == BETTER and better.pair is not None
    assert (better.pair.examples, better.pair.lost, better.pair.won) == (200, 0, 30)
    assert better.pair.value == better.after.value == 0.95


@pytest.mark.parametrize(
    ("of_b", "words"),
    [
        ({"images": "ffff"}, "Not paired, since the models were judged on different images."),
        ({"images": None}, "Not paired, since what a model said of each image was not kept."),
    ],
)
def test_what_is_not_paired_has_two_intervals(
    of_b: dict[str, Any], words: str, tmp_path: Path
) -> None:
    found = two(tmp_path, right(40), right(10), **of_b)
    assert row(found).pair is None and row(found).verdict == NOISE  # both from 0.9 to 0.99
    assert "95 % intervals 90.00\N{NO-BREAK SPACE}% to 99.00" in line(found)
    assert words in line(found)
    # Of a slice that no gate asked, by the number of its images.
    assert row(found, "label=0").before.low == pytest.approx(0.8506, abs=1e-3)


def test_intervals_that_are_apart_tell_a_difference(tmp_path: Path) -> None:
    bare = {"thresholds": ()}
    one = write(tmp_path, A, right(80), judged=bare)
    found = compare(one, write(tmp_path, B, right(4), images="ffff", judged=bare))
    assert row(found).verdict == BETTER
    back = compare(tmp_path / "transformer" / B, one)
    assert row(back).verdict == WORSE


def test_a_figure_that_judges_nothing_is_shown_without_a_verdict(tmp_path: Path) -> None:
    found = row(two(tmp_path, right(4), right(4)), metric="entropy")
    assert found.rises is None and found.verdict == ""
    assert (found.before.value, found.after.value) == (2.3, 2.3)


def test_the_page_shows_what_differs(tmp_path: Path) -> None:
    refused = Verdict("refused", 3, "accuracy is 0.9")
    found = two(
        tmp_path,
        right(4),
        right(40),
        verdict=refused,
        settings={"training": {"epochs": 4}},
        training=dataclasses.replace(results.TRAINING, hyperparameters={"layers": 3}),
    )
    page = render(found)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    assert page.startswith("<!doctype html>")
    for id_ in (
        "figures",
        "slices",
        "thresholds",
        "hyperparameters",
        "training",
        "settings",
        "nodes",
    ):
        assert f'<section id="{id_}"' in page
    assert "B is worse than A, by more than noise" in text
    assert "setting training.epochs: 3 → 4" in text
    assert "setting hyperparameters.layers: 2 → 3" in text
    assert "A: pushed; B: refused" in text
    assert "A: Served: pushed as version 1" in text and "B: Not served: refused" in text
    assert "loss at the end: A 1, B 1." in text
    assert re.search(r"at least 95.00\s%\s+99.00\s%\s+✓ met\s+at least 95.00\s%\s+90.00\s%", text)
    assert "src=" not in page and "http" not in text


def test_names_are_no_markup(tmp_path: Path) -> None:
    found = two(tmp_path, right(4), right(4), settings={"profile": "<script>alert(1)</script>"})
    assert "<script>alert" not in render(found)


def test_the_command_writes_the_page_and_tells_the_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = write(tmp_path, A, right(40)), write(tmp_path, B, right(10))
    (other.parent / FILE).symlink_to(f"{B}/{FILE}")  # as of the newest run
    assert main(["--compare", str(one), str(other.parent)]) == 0
    told, written = capsys.readouterr().out.splitlines()
    assert told.startswith("B is better than A, by more than noise. Accuracy is 90.00")
    assert written == f"compared  {other / f'against-{A}.html'}"
    assert (other / f"against-{A}.html").read_text().startswith("<!doctype html>")


def of_no_run(output: Path) -> tuple[Path, Path]:
    return output / "nothing", write(output, B, right(4))


def of_an_output_folder(output: Path) -> tuple[Path, Path]:
    return output, write(output, B, right(4))


def of_a_run_that_was_not_judged(output: Path) -> tuple[Path, Path]:
    ended = Verdict("failed", 1, "Trainer: the disk is full")
    return write(output, A, right(4)), write(output, B, right(4), evaluation=None, verdict=ended)


def of_families_with_nothing_in_common(output: Path) -> tuple[Path, Path]:
    nelbo = {"overall": {"nelbo": 90.0}, "slices": {}, "headline": ["nelbo"], "gated": ["nelbo"]}
    other = write(output, B, right(4), model="vae", judged=nelbo)
    return write(output, A, right(4)), other


def of_the_same_run(output: Path) -> tuple[Path, Path]:
    one = write(output, A, right(4))
    return one, one


def of_a_family_that_is_gone(output: Path) -> tuple[Path, Path]:
    return write(output, A, right(4)), write(output, B, right(4), model="gone")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (of_no_run, "nothing is no run's folder"),
        (of_an_output_folder, f"is no run's folder; .*/transformer/{B} is one"),
        (of_a_run_that_was_not_judged, "was not judged: failed: Trainer: the disk is full"),
        (of_families_with_nothing_in_common, "nothing can be compared: .*transformer in .*vae in"),
        (of_the_same_run, "are the same run"),
        (of_a_family_that_is_gone, "is a run of gone, a family that is here no longer"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(
    make: Callable[[Path], tuple[Path, Path]],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, other = make(tmp_path)
    assert main(["--compare", str(one), str(other)]) == 2
    [told] = capsys.readouterr().err.splitlines()
    assert re.search(words, told) and told.startswith("components.results: ")
    assert not list(tmp_path.rglob("against-*"))


def test_figures_that_two_judges_made_are_not_compared(tmp_path: Path) -> None:
    def judged(judge: str) -> dict[str, Any]:
        figures = {"coverage": 0.5, "nelbo": 90.0, "example_count": COUNT}
        return {
            "overall": figures,
            "slices": {},
            "headline": ["nelbo", "coverage"],
            "gated": [],
            "thresholds": (),
            "notes": {"judge": judge},
        }

    one = write(tmp_path, A, right(4), model="vae", judged=judged("one"))
    other = write(tmp_path, B, right(4), model="vae", judged=judged("another"))
    assert {one.metric for one in compare(one, other).rows} == {"nelbo"}


def test_classifiers_of_two_families_are_compared_by_their_accuracy(tmp_path: Path) -> None:
    one = write(tmp_path, A, right(40), model="gan")
    found = compare(one, write(tmp_path, B, right(10)))
    assert row(found).verdict == BETTER
    assert write_page(found).name == f"against-gan-{A}.html"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name an output folder, or two runs with --compare"),
        (["output", "--compare", "a", "b"], "--compare takes two runs and no output folder"),
        (["--compare", "a"], "expected 2 arguments"),
    ],
)
def test_one_thing_is_asked_at_a_time(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and words in capsys.readouterr().err
