"""Several seeds of one setting: what runs, what is chosen, what is told."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.results.facts import Training
from components.results.markdown import to_markdown
from components.results.page import render
from components.results.report import Report
from components.results.series import Member, Series, Spread, told
from components.results.summary import Summary, Verdict, read_summary, write_summary
from components.results.words import name
from pipeline import series, unchanged
from pipeline.run_folder import RunFolder
from pipeline.series import Part, choose, record
from pipeline.settings import BadSetting, Settings, make_settings, to_plain
from tests import reports, results
from tests.datasets import described


def members(*objectives: float | None) -> list[Member]:
    return [
        Member(f"run-{repeat}", repeat, "judged" if found else "refused", found, {})
        for repeat, found in enumerate(objectives)
    ]


@pytest.mark.parametrize(
    ("objectives", "rises", "median"),
    [
        ((0.9, 0.7, 0.8), True, 2),
        ((0.9, 0.7, 0.8), False, 2),
        ((0.9, 0.7, 0.8, 0.6), True, 1),  # of .7 and .8 the less good
        ((90.0, 70.0, 80.0, 60.0), False, 2),
        ((0.9, 0.8), True, 1),
        ((0.9, None, 0.8), True, 2),  # the worse of the two that came to something
        ((90.0, None, 80.0), False, 0),
        ((None, 0.9, None), True, 2),
        ((0.5, 0.5, 0.5), True, 1),
    ],
)
def test_the_median_is_chosen_and_what_was_broken_off_ranks_last(
    objectives: tuple[float | None, ...], rises: bool, median: int
) -> None:
    assert choose(members(*objectives), rises).repeat == median


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(profile="smoke", output=tmp_path / "output", dataset=described())


def judged(part: Part, eval_: float = 0.9, test: float = 0.95, **changes: Any) -> Summary:
    """How a part may have ended: its objective on eval, its accuracy on test."""
    training: Training = dataclasses.replace(
        results.TRAINING, history={"val_accuracy": [0.1, eval_], "accuracy": [0.2, 0.99]}
    )
    evaluation = dataclasses.replace(
        results.EVALUATION, overall={"accuracy": test, "example_count": 99.0}
    )
    made = dataclasses.replace(
        results.SUMMARY,
        run=f"run-{part.settings.training.repeat}",
        verdict=Verdict("pushed" if part.pushes else "judged", 0),
        settings=to_plain(part.settings),
        training=training,
        evaluation=evaluation,
        series=part.series,
    )
    return dataclasses.replace(made, **changes)


def diverged(part: Part) -> Summary:
    return judged(part, evaluation=None, verdict=Verdict("refused", 3, "the loss is nan"))


class Runs:
    """Runs the parts of a series, and keeps them."""

    def __init__(self, *ends: Callable[[Part], Summary]) -> None:
        self.ends = list(ends)
        self.parts: list[Part] = []

    def __call__(self, part: Part) -> Summary:
        self.parts.append(part)
        return (self.ends.pop(0) if self.ends else judged)(part)


def test_the_median_on_eval_goes_on_and_the_figures_on_test_are_only_told(
    settings: Settings,
) -> None:
    def ended(eval_: float, test: float) -> Callable[[Part], Summary]:
        return lambda part: judged(part, eval_, test)

    # By the test split, another one would be the median.
    runs = Runs(ended(0.8, 0.92), ended(0.7, 0.93), ended(0.9, 0.97))
    last = series.run(settings, 3, runs)
    *trained, pushed = runs.parts
    assert [part.settings.training.repeat for part in trained] == [0, 1, 2]
    assert [part.words for part in trained] == [f"training {n} of 3" for n in (1, 2, 3)]
    assert not any(part.pushes for part in trained) and pushed.pushes
    assert [part.anew for part in runs.parts] == ["", "Trainer", "Trainer", "Pusher"]
    for part in runs.parts:  # but for the seed of the training, they are one setting
        assert dataclasses.replace(part.settings, training=settings.training) == settings
    assert last.verdict.outcome == "pushed" and last.series == pushed.series
    found = pushed.series
    assert found and found.median == Member("run-0", 0, "judged", 0.8, {"accuracy": 0.92})
    assert pushed.settings.training.repeat == 0
    [spread] = found.spread
    assert spread.figure == "accuracy" and spread.count == 3
    assert spread.mean == pytest.approx(0.94) and spread.deviation == pytest.approx(0.0264575)


def test_a_refused_and_a_diverged_seed_count_as_results(settings: Settings) -> None:
    def refused(part: Part) -> Summary:
        return judged(part, 0.7, 0.5, verdict=Verdict("refused", 3, "accuracy is 0.5"))

    runs = Runs(diverged, refused, judged)
    series.run(settings, 3, runs)
    found = runs.parts[-1].series
    assert found and found.median.run == "run-1" and found.median.outcome == "refused"
    assert [one.objective for one in found.members] == [None, 0.7, 0.9]
    assert [(one.count, one.mean) for one in found.spread] == [(2, pytest.approx(0.725))]
    assert found.members[0].figures == {}


@pytest.mark.parametrize(
    "verdict", [Verdict("failed", 1), Verdict("interrupted", 130), Verdict("bad_input", 2)]
)
def test_a_series_ends_where_one_of_it_breaks(verdict: Verdict, settings: Settings) -> None:
    runs = Runs(judged, lambda part: judged(part, verdict=verdict))
    assert series.run(settings, 3, runs).verdict == verdict
    assert len(runs.parts) == 2


def test_data_that_are_refused_are_refused_once(settings: Settings) -> None:
    no = Verdict("refused", 3, "the data do not fit")
    runs = Runs(lambda part: judged(part, verdict=no, training=None, evaluation=None))
    assert series.run(settings, 3, runs).verdict == no
    assert len(runs.parts) == 1


def test_one_seed_is_a_run_by_itself(settings: Settings) -> None:
    runs = Runs()
    repeated = dataclasses.replace(
        settings, training=dataclasses.replace(settings.training, repeat=2)
    )
    assert series.run(repeated, 1, runs).series is None
    assert runs.parts == [Part(repeated)]
    with pytest.raises(BadSetting, match="--seeds 3 trains with training.repeat from 0 to 2; lea"):
        series.run(repeated, 3, runs)


def test_a_series_with_nothing_to_do_is_answered_at_once(
    settings: Settings, tmp_path: Path
) -> None:
    Path(settings.metadata).parent.mkdir(parents=True)
    Path(settings.metadata).touch()

    def keep(part: Part) -> Summary:
        """Leaves of a part what a run does."""
        summary = judged(part)
        folder = RunFolder(part.settings, summary.run + "-x" * part.pushes, series=part.series)
        folder.begin()
        summary = folder.write(summary)
        if part.pushes:
            unchanged.remember(folder, part.key(), [])
        return summary

    series.run(settings, 3, keep)
    runs = Runs()
    series.run(settings, 3, runs)
    [part] = runs.parts  # the last one, of which nothing has to run
    assert part.series == read_summary(settings.summary).series and part.pushes
    folder = RunFolder(part.settings, "again", series=part.series)
    again = unchanged.repeat(folder, part.key())
    assert again and again.series == part.series and again.run == "again"

    for seeds, anew in ((2, False), (3, True)):
        runs = Runs()
        series.run(settings, seeds, runs, anew)
        assert len(runs.parts) == seeds + 1
    # The run of one seed, and the one that a series has chosen, are not the series.
    assert unchanged.repeat(RunFolder(settings, "one")) is None
    assert unchanged.repeat(RunFolder(part.settings, "one")) is None


FOUND = Series(
    "val_accuracy",
    (
        Member("run-0", 0, "judged", 0.97, {"accuracy": 0.96}),
        Member("run-1", 1, "judged", 0.98, {"accuracy": 0.97}),
        Member("run-2", 2, "refused", None, {}),
    ),
    "run-0",
    (Spread("accuracy", 0.965, 0.0070711, 2),),
)


def said(found: Series) -> str:
    return " ".join(told(found)).replace("\N{NO-BREAK SPACE}", " ")


def test_a_series_is_told_in_sentences() -> None:
    assert said(FOUND) == (
        "3 trainings of one setting, which differ in their seed alone. On the test images: "
        "accuracy 96.50 % on average of 2, standard deviation 0.71 points. The median on the eval "
        "split, held-out accuracy 97.00 %, is run run-0; it goes on to the Pusher. "
        "1 training was broken off; such rank last."
    )
    even = dataclasses.replace(FOUND, members=FOUND.members[:2])
    assert "Of the two in the middle, the one that is less good counts as the median." in said(even)
    none = dataclasses.replace(FOUND, chosen="run-2", spread=())
    assert "None of them was judged." in said(none)
    assert "held-out accuracy –, is run run-2; it was refused." in said(none)
    alone = dataclasses.replace(FOUND, spread=(Spread("accuracy", 0.96, None, 1),))
    assert "accuracy 96.00 % on average of 1. The" in said(alone)


def test_page_and_markdown_show_it(tmp_path: Path) -> None:
    report = reports.transformer()
    settings = {**report.summary.settings, "training": {"epochs": 12, "repeat": 1}}
    summary = dataclasses.replace(report.summary, series=FOUND, settings=settings)
    write_summary(tmp_path / "summary.json", summary)
    report = dataclasses.replace(report, summary=read_summary(tmp_path / "summary.json"))
    assert report.summary.series == FOUND
    page = render(report)
    assert 'id="series"' in page and "0, the median" in page and "run-2" in page
    assert "Several seeds: 3 trainings of one setting" in to_markdown(report)
    assert name(report).endswith(", seed 1, repeat 1")
    without = reports.transformer()
    assert 'id="series"' not in render(without) and "Several seeds" not in to_markdown(without)


def test_a_seed_that_was_judged_says_so_on_its_page() -> None:
    ended = Verdict("judged", 0, "the median of its series is what is pushed")
    report = Report(dataclasses.replace(results.SUMMARY, verdict=ended, pushed=None))
    page = render(report)
    assert "Judged: one of several seeds" in page
    assert "The median of its series is what is pushed." in page


def test_record_of_a_family_whose_objective_falls(settings: Settings) -> None:
    runs = []
    for repeat, reached in enumerate((95.0, 90.0, 100.0)):
        training = dataclasses.replace(settings.training, repeat=repeat)
        part = Part(dataclasses.replace(settings, training=training), pushes=False)
        history = dataclasses.replace(results.TRAINING, history={"val_nelbo": [200.0, reached]})
        runs.append(judged(part, training=history))
    found = record("vae", runs)
    assert (found.objective, found.chosen) == ("val_nelbo", "run-0")
