"""The sentences of the first screen: what they say, and that they say the truth."""

import dataclasses
from typing import Any

import pytest

from components.gates import CHANGE
from components.results import judging, words
from components.results.judged import Threshold
from components.results.report import Report
from components.results.summary import Verdict
from tests import reports

SURE = Threshold("accuracy", "accuracy", "overall", "at least", 0.99, 0.988, 0.992, 0.98, 10_000)
CLOSE = dataclasses.replace(SURE, slice="label=9", low=0.97, high=0.995, examples=500)
WORSE = Threshold("drop", "accuracy", "overall", CHANGE, -0.006, -0.008, -0.004, -0.002, 10_000)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def with_thresholds(*thresholds: Threshold) -> Report:
    report = reports.transformer()
    assert report.summary.evaluation
    evaluation = dataclasses.replace(report.summary.evaluation, thresholds=thresholds)
    return dataclasses.replace(
        report, summary=dataclasses.replace(report.summary, evaluation=evaluation)
    )


def ended(outcome: str, reason: str) -> Report:
    report = reports.failed()
    summary = dataclasses.replace(report.summary, verdict=Verdict(outcome, 1, reason))
    return dataclasses.replace(report, summary=summary)


def test_of_a_pushed_run_the_threshold_with_the_least_room_for_noise_binds() -> None:
    wide = dataclasses.replace(SURE, metric="auc", value=0.981, low=0.9809, high=0.9812)
    report = with_thresholds(SURE, CLOSE, wide)
    assert judging.binding(report) == CLOSE
    said = words.verdict(report)
    assert said.tone == words.GOOD and said.head == "Served: pushed as version 1795647188"
    assert plain(said.lines[0]) == (
        "The tightest threshold: accuracy on label=9 is 99.00 %, at least 98.00 % is needed: "
        "1.00 points to spare, less than its uncertainty (95 % interval 97.00 to 99.50 %, "
        "500 examples); its interval holds the bound: other images could have refused it."
    )
    assert said.lines[1] == "All 3 thresholds are met."


def test_room_is_told_in_units_of_the_interval() -> None:
    report = with_thresholds(SURE)
    assert "1.00 points to spare, 5 times its uncertainty" in plain(words.verdict(report).lines[0])
    assert judging.room(SURE) == pytest.approx(5.0)
    bare = dataclasses.replace(SURE, low=None, high=None)
    line = plain(words.verdict(with_thresholds(bare)).lines[0])
    assert line.endswith("at least 98.00 % is needed: 1.00 points to spare (10,000 examples).")


def test_of_a_refused_run_the_threshold_that_the_verdict_names_binds() -> None:
    report = reports.refused()
    said = words.verdict(report)
    assert said.tone == words.BAD and said.head == "Not served: refused by Evaluator"
    assert plain(said.lines[0]) == (
        "Accuracy on label=8 is 96.00 %, at least 97.50 % is needed: 1.50 points short "
        "(95 % interval 94.50 to 97.12 %, 974 examples)."
    )
    assert said.lines[1] == "1 more threshold is not met."
    binding = judging.binding(report)
    assert binding and binding.slice == "label=8" and not binding.passed


def test_a_no_that_an_interval_does_not_bear_out_says_so() -> None:
    unsure = dataclasses.replace(CLOSE, value=0.975, passed=False)
    assert words.threshold(unsure).endswith("other images could have let it pass.")
    told = dataclasses.replace(unsure, words="too few examples to tell .96 from .975")
    assert words.threshold(told).endswith("too few examples to tell .96 from .975.")


def test_a_change_has_its_sign_and_what_is_allowed() -> None:
    said = plain(words.threshold(dataclasses.replace(WORSE, passed=False)))
    assert said.startswith("accuracy changed by -0.60 points, -0.20 points is allowed: 0.40 points")
    assert "short (95 % interval -0.80 to -0.40 points, 10,000 examples)" in said
    passed = plain(words.threshold(dataclasses.replace(WORSE, words="not more than noise")))
    assert "0.40 points beyond it" in passed and passed.endswith("not more than noise.")


def test_what_could_not_be_measured_is_no_number() -> None:
    unknown = dataclasses.replace(SURE, value=None)
    assert words.threshold(unknown) == "accuracy could not be measured (10,000 examples)."
    assert judging.tightest(with_thresholds(unknown)) is None


@pytest.mark.parametrize(
    ("outcome", "reason", "tone", "head", "line"),
    [
        ("failed", "Trainer: no memory", words.BAD, "Not served: Trainer failed", "No memory."),
        ("failed", "no: reason", words.BAD, "Not served: failed", "No: reason."),
        ("bad_input", "no data", words.BAD, "Not served: bad input", "No data."),
        ("failed", "", words.BAD, "Not served: failed", "No reason is known."),
        ("interrupted", "stopped", words.STOPPED, "Not served: stopped after Tuner", "Stopped."),
        (
            "killed",
            "killed; go on",
            words.STOPPED,
            "Not served: stopped after Tuner",
            "Killed; go on.",
        ),
        ("unfinished", "or killed", words.STOPPED, "Not served: not finished", "Or killed."),
    ],
)
def test_every_other_end_says_where_and_why(
    outcome: str, reason: str, tone: str, head: str, line: str
) -> None:
    assert words.verdict(ended(outcome, reason)) == words.Said(tone, head, (line,))


def test_no_gates_say_how_to_accept_what_was_reached() -> None:
    said = words.verdict(reports.refused_by_words())
    assert said.lines == (
        "No gates for this dataset; to accept what this model reached, use --gates gates.toml.",
    )


def test_the_last_blessed_model_is_compared_by_pairs() -> None:
    said = words.baseline(reports.transformer())
    assert said.tone == words.PLAIN and said.head.startswith("Same as the last blessed model")
    assert (
        "lost 12, won 9 of 10,000; p = .66 by McNemar's exact test: not more than noise"
        in (said.lines[0])
    )
    worse = words.baseline(reports.vae())
    assert worse.tone == words.BAD and worse.head.startswith("Worse than the last blessed model")
    assert "+0.9 (95 % interval +0.6 to +1.2; p < .001 by the paired bootstrap)" in worse.lines[0]
    assert len(worse.lines) == 2  # the other figure of the headline, too


def test_without_a_last_blessed_model_it_says_why() -> None:
    report = reports.gan()
    assert words.baseline(report).lines == ("There is no earlier blessed model to compare with.",)
    assert report.summary.evaluation
    notes = {"baseline": "the last blessed model cannot be asked"}
    evaluation = dataclasses.replace(report.summary.evaluation, notes=notes)
    told = dataclasses.replace(
        report, summary=dataclasses.replace(report.summary, evaluation=evaluation)
    )
    assert words.baseline(told).lines == ("the last blessed model cannot be asked.",)
    assert words.baseline(reports.failed()).head == "Not compared"


def test_the_worst_slice_is_worst_in_the_direction_of_its_figure() -> None:
    found = judging.worst_slice(reports.refused())
    assert found and (found.slice, found.value, found.examples) == ("label=8", 0.96, 974)
    vae = reports.vae()
    found = judging.worst_slice(vae)
    assert found and found.metric == "nelbo" and vae.summary.evaluation
    values = [figures["nelbo"] for figures in vae.summary.evaluation.slices.values()]
    assert found.value == max(values)
    assert (
        found.pair and plain(words.worst(vae).lines[1]) == "Changed by -1: better, more than noise."
    )
    assert words.worst(reports.failed()).head == "No slice was measured"


def test_what_differs_and_what_it_cost() -> None:
    report = reports.transformer()
    changed = words.changed(report)
    assert changed.head == f"3 differences since run {reports.EARLIER}"
    assert changed.lines[0] == "setting training.epochs: 12 → 14"
    same: Any = dataclasses.replace(report, changed=())
    assert words.changed(same).head == "Nothing"
    assert words.changed(dataclasses.replace(same, previous="")).head == "No earlier run"
    cost = words.cost(report)
    assert plain(cost.head) == "4 min 50 s"
    assert plain(cost.lines[0]).startswith("Most of it: Trainer 2 min 21 s, Evaluator 11.9 s")
    assert plain(cost.lines[1]) == "4 of 12 nodes cached, worth 2 min 13 s."
