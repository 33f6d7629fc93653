"""Every check: what makes it speak, with the numbers, and what does not."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from components.results.checks import CHECKS, CODES, __main__, find
from components.results.facts import Evaluation, Training, Trial, Tuning
from components.results.folds import Fold, Folds
from components.results.inspection import Answers, Inspection, Neighbours, SplitFacts
from components.results.judged import NOISE, WORSE, Paired, Threshold
from components.results.report import ISSUE, TIP, Report
from components.results.rival import Rival
from components.results.summary import Node, Summary, Verdict
from modules.contract.hyperparameters import defaults
from modules.families.transformer import Transformer
from pipeline.settings import ROOT
from tests import reports

SETTINGS = {"model": "transformer", "hyperparameters": {}, "dataset": {"names": ["A", "B"]}}
USUAL = defaults(Transformer.hyperparameters)
EMPTY = Report(Summary(Verdict("failed", 1), settings=SETTINGS))


def judged(family: str = "transformer", **values: Any) -> Report:
    """A report whose model was evaluated."""
    given: dict[str, Any] = {
        "overall": {"accuracy": 0.95},
        "slices": {},
        "by_class": {},
        "curves": [],
        "confusion": [],
        "classes": ["A", "B"],
        "notes": {},
        "headline": ["accuracy"],
        "gated": ["accuracy"],
        "baseline": "Trainer/model/7",
    }
    settings = {**SETTINGS, "model": family}
    evaluation = Evaluation(**given | values)
    return Report(Summary(Verdict("pushed", 0), settings=settings, evaluation=evaluation))


def figures(family: str, **overall: Any) -> Report:
    return judged(family, overall=overall)


def inspected(report: Report = EMPTY, **values: Any) -> Report:
    """A report with what was seen in its model and data."""
    given: dict[str, Any] = {"splits": (), "duplicates": {}, "trivial": {}}
    return dataclasses.replace(report, inspection=Inspection(**given | values))


def splits(train: Mapping[str, int], test: Mapping[str, int], **values: Any) -> Report:
    found = [
        SplitFacts(name, sum(counts.values()), counts, {})
        for name, counts in (("train", train), ("test", test))
    ]
    return inspected(splits=tuple(found), **values)


def answers(suspected: int = 0, error: float = 0.01) -> Answers:
    return Answers((), error, 0, (), suspected, ())


def suspected(count: int) -> Report:
    counts = {"A": 500, "B": 500}
    return splits(counts, counts, answers=answers(count))


def searched(*trials: Trial, **settings: Any) -> Report:
    tuning = Tuning("val_accuracy", trials[0].values, trials)
    summary = Summary(Verdict("failed", 1), settings=SETTINGS | settings, tuning=tuning)
    return Report(summary)


def folded(*outliers: int, name: str = "val_accuracy") -> Report:
    scores = (0.95, 0.95) if not outliers else (0.99, 0.95, 0.99)
    folds = tuple(Fold(20, 10, 1.0, {name: score}) for score in scores)
    found = Folds(name, "max", folds, 0.985, 0.01, outliers, 3.0)
    return Report(dataclasses.replace(EMPTY.summary, folds=found))


def trial(score: float | None, epochs: int | None = 4, **values: Any) -> Trial:
    return Trial("0003", score, USUAL | values, epochs)


def trained(family: str = "transformer", images: int = 10_000, **history: list[Any]) -> Report:
    training = Training(history, {}, epochs=9, eval_images=images)
    settings = {**SETTINGS, "model": family}
    return Report(Summary(Verdict("failed", 1), settings=settings, training=training))


def bound(value: float = 0.96, kind: str = "at least", passed: bool = True) -> Report:
    one = Threshold(
        "class_accuracy", "accuracy", "label=8", kind, value, value - 0.02, value + 0.02, 0.95, 50
    )
    return judged(thresholds=(dataclasses.replace(one, passed=passed),))


def paired(whole: str = NOISE, p: float = 0.001, worse: str = WORSE) -> Report:
    one = Paired("accuracy", "label=8", 980, 0.90, 0.95, -0.07, -0.03, p, "McNemar", worse)
    overall = dataclasses.replace(one, slice="overall", verdict=whole)
    steady = dataclasses.replace(one, slice="label=7", p=1.0, verdict=NOISE)
    return judged(paired=(overall, one, steady))


def neighbours(generated: float, real: float, copied: float) -> Report:
    return inspected(neighbours=Neighbours(generated, real, copied, 200))


def rival(forest: float | None, **settings: Any) -> Report:
    return beside(judged(**settings), Rival("20260101-000000-000000", {"accuracy": forest}))


def beside(report: Report, forest: Rival) -> Report:
    return dataclasses.replace(report, summary=dataclasses.replace(report.summary, forest=forest))


def cached(**versions: str) -> Report:
    node = Node("Trainer", "cached", 0.1, "", versions=versions)
    summary = Summary(Verdict("pushed", 0), nodes=(node,), versions={"keras": "3.15.1"})
    return Report(summary)


class Case(NamedTuple):
    """Reports that a check speaks about, by a part of what it says, and others."""

    code: str
    seen: Mapping[str, Report]
    silent: list[Report]


FALLING = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
TESTED = {"A": 100, "B": 100}

CASES = [
    Case(
        "TRI001",
        {
            "12 images of train are in test, too": inspected(duplicates={"train, test": 12}),
            "1 image of eval is in test, too": inspected(
                duplicates={"train, eval": 0, "eval, test": 1}
            ),
        },
        [inspected(duplicates={"train, test": 0})],
    ),
    Case(
        "TRI002",
        {
            "too few training images of B (40), where a class has 500 on average": splits(
                {"A": 960, "B": 40}, TESTED
            ),
            "training images of B (0), where a class has 480 on average": splits(
                {"A": 960}, TESTED
            ),
        },
        [splits({"A": 950, "B": 50}, TESTED)],
    ),
    Case(
        "TRI003",
        {"1 class has fewer than 100 test images: B (99)": splits(TESTED, {"A": 100, "B": 99})},
        [splits({"A": 1, "B": 1}, TESTED)],
    ),
    Case(
        "TRI004",
        {"11 of 1,000 test images (1.10": suspected(11)},
        [suspected(10), splits(TESTED, TESTED)],
    ),
    Case(
        "TRI101",
        {
            "the best learning_rate is 0.005, the largest of 0.002, 0.003, 0.005": searched(
                trial(0.9, learning_rate=5e-3), trial(0.8)
            ),
            "weight_decay is 0.0001, the smallest of": searched(
                trial(0.9, weight_decay=1e-4), trial(0.8)
            ),
        },
        [
            searched(trial(0.9, learning_rate=3e-3), trial(0.8, learning_rate=5e-3)),
            searched(trial(0.9, layers=1), trial(0.8)),  # of two
            searched(trial(0.9, learning_rate=5e-3)),  # nothing else was tried
            searched(  # nor here: it was set by hand
                trial(0.9, learning_rate=5e-3),
                trial(0.8),
                hyperparameters={"learning_rate": 5e-3},
            ),
            # No dropout is less than none.
            searched(trial(0.9, dropout=0.0), trial(0.8, dropout=0.1), model="gan"),
        ],
    ),
    Case(
        "TRI102",
        {
            "none of 2 trials was better than the defaults, which reach a val_accuracy of 90.00": (
                searched(trial(0.9), trial(0.8, layers=1))
            ),
            "the defaults": searched(
                trial(0.9, layers=1), trial(0.8), hyperparameters={"layers": 1}
            ),
        },
        [
            searched(trial(0.9, layers=1), trial(0.8)),
            searched(trial(0.9)),  # the only one
            searched(trial(0.9, layers=1), trial(0.8, layers=1, width=32)),  # nobody tried them
            searched(trial(0.9, 4, layers=1), trial(0.9, 1)),  # not for as long
            searched(trial(None), trial(None, layers=1)),
        ],
    ),
    Case(
        "TRI103",
        {"1 of 2 trials ended without a score: 0003": searched(trial(0.9), trial(None))},
        [searched(trial(0.9), trial(0.0))],
    ),
    Case(
        "TRI201",
        {
            "accuracy is 99.00\N{NO-BREAK SPACE}% on the training images and 96.00": trained(
                accuracy=[0.5, 0.99], val_accuracy=[0.5, 0.96]
            ),
            "those held out, 10.00\N{NO-BREAK SPACE}% worse": trained(
                "vae", nelbo=[100.0], val_nelbo=[110.0]
            ),
        },
        [
            trained(accuracy=[0.99], val_accuracy=[0.98]),
            trained(accuracy=[0.99], val_accuracy=[0.96], images=50),  # by chance
            trained(accuracy=[0.90], val_accuracy=[0.96]),
            trained("vae", nelbo=[100.0], val_nelbo=[104.0]),
            trained("gan", val_frechet=[3.0]),
            trained(accuracy=[None], val_accuracy=[0.5]),
        ],
    ),
    Case(
        "TRI202",
        {
            "fell from 5 to 4 in the last epoch of 6": trained(val_loss=FALLING),
            "fell from 20 to 18 in the last 2 epochs of 20": trained(
                "gan", val_frechet=[37.0 - epoch for epoch in range(20)]
            ),
        },
        [
            trained(val_loss=[*FALLING, 3.99, 3.98]),
            trained(val_loss=[*FALLING, 4.5]),
            trained(val_loss=FALLING[:4]),  # no course to speak of
            trained(val_loss=[*FALLING, None]),
        ],
    ),
    Case(
        "TRI203",
        {
            "was lowest after epoch 3 of 6, 4, and ended at 5": trained(
                val_loss=[6.0, 5.0, 4.0, 4.5, 4.8, 5.0]
            )
        },
        [
            trained(val_loss=[6.0, 5.0, 4.0, 4.1, 4.2, 4.3]),
            trained(val_loss=[6.0, 5.0, 4.5, 4.3, 4.0, 5.0]),
            trained(val_loss=FALLING),
        ],
    ),
    Case(
        "TRI301",
        {
            "accuracy is 95.00\N{NO-BREAK SPACE}%, where 95.00\N{NO-BREAK SPACE}% takes no": (
                inspected(judged(), trivial={"accuracy": 0.95})
            ),
            "is 210, where 206 takes no": inspected(
                figures("vae", nelbo=210.0), trivial={"nelbo": 206.0}
            ),
        },
        [
            inspected(judged(), trivial={"accuracy": 0.11}),
            inspected(figures("vae", nelbo=110.0), trivial={"nelbo": 206.0}),
            inspected(judged(), trivial={"recall": 1.0}),  # was not measured
            inspected(figures("vae", mae=0.5), trivial={"mae": 0.4}),  # is it good or bad?
        ],
    ),
    Case(
        "TRI302",
        {
            "accuracy is 95.00\N{NO-BREAK SPACE}%, and that of the forest of run "
            "20260101-000000-000000 96.00": rival(0.96),
            "95.00": rival(0.95),
        },
        [rival(0.94), rival(None), rival(0.99, family="gan"), judged()],
    ),
    Case(
        "TRI303",
        {
            "1 bound of 1 could have been missed on other images: accuracy of label=8 is "
            "96.00\N{NO-BREAK SPACE}% (94.00\N{NO-BREAK SPACE}% to": bound(),
        },
        [bound(0.98), bound(kind="change"), bound(0.94, passed=False)],
    ),
    Case(
        "TRI304",
        {
            "nothing was compared with an earlier model": judged(baseline=""),
            "an earlier model: another judge": judged(
                baseline="", notes={"baseline": "another judge"}
            ),
        },
        [judged()],
    ),
    Case(
        "TRI305",
        {
            "accuracy of label=8 changed from 95.00\N{NO-BREAK SPACE}% to 90.00\N{NO-BREAK SPACE}% "
            "(980 images, p = .001)": paired(),
        },
        [
            paired(whole=WORSE),
            paired(p=0.04),  # of two slices, one seems so by chance
            paired(worse=NOISE),
        ],
    ),
    Case(
        "TRI306",
        {"off by 6.00\N{NO-BREAK SPACE}% on average": inspected(answers=answers(error=0.06))},
        [inspected(answers=answers(error=0.05))],
    ),
    Case(
        "TRI307",
        {
            "held-out accuracy of fold 2 is 95.00\N{NO-BREAK SPACE}%, and the mean of all "
            "98.50\N{NO-BREAK SPACE}%": folded(2),
            "negative ELBO of fold 1": folded(1, name="val_nelbo"),
        },
        [folded(), EMPTY],
    ),
    Case(
        "TRI401",
        {
            "2 of 4 latents are in use, with a KL of 12 nats": figures(
                "vae", kl=12.0, active_latents=2.0, latent_kl=[6.0, 6.0, 0.0, 0.0]
            ),
            "3 of 4 latents are in use, with a KL of 0.5 nats": figures(
                "vae", kl=0.5, active_latents=3.0, latent_kl=[[0.2, 0.2, 0.1, 0.0]]
            ),
        },
        [
            figures("vae", kl=12.0, active_latents=3.0, latent_kl=[4.0, 4.0, 4.0, 0.0]),
            figures("vae", kl=None, active_latents=3.0, latent_kl=[4.0, 4.0, 4.0, 0.0]),
        ],
    ),
    Case(
        "TRI402",
        {
            "ROC curve is 0.51: it guesses": figures("gan", discriminator_auc=0.51),
            "ROC curve is 0.98: it tells nearly every": figures("gan", discriminator_auc=0.98),
        },
        [figures("gan", discriminator_auc=auc) for auc in (0.47, 0.55, 0.97, None)],
    ),
    Case(
        "TRI403",
        {"6.00\N{NO-BREAK SPACE}% of 200 generated images are nearer": neighbours(0.2, 0.1, 0.06)},
        [neighbours(0.2, 0.1, 0.05)],
    ),
    Case(
        "TRI404",
        {"is 0.1 from the nearest training image, a real test image 0.2": neighbours(0.1, 0.2, 0)},
        [neighbours(0.2, 0.2, 0.5)],
    ),
    Case(
        "TRI405",
        {
            ", where an even share is 50.00\N{NO-BREAK SPACE}%": figures(
                "gan", share_of_A=0.96, share_of_B=0.04, floor_share_of_A=0.5
            ),
        },
        [figures("gan", share_of_A=0.95, share_of_B=0.05), figures("gan", share_of_A=None)],
    ),
    Case(
        "TRI501",
        {
            "Trainer came from the cache, made with keras 3.14.0 (here 3.15.1)": cached(
                keras="3.14.0"
            )
        },
        [cached()],
    ),
]


@pytest.mark.parametrize(
    ("code", "words", "report"),
    [(one.code, words, report) for one in CASES for words, report in one.seen.items()],
)
def test_it_is_found_and_told_with_the_numbers(code: str, words: str, report: Report) -> None:
    found = {one.code: one for one in find(report)}
    assert code in found
    assert words.lower() in found[code].seen.lower()
    assert found[code].seen.endswith(".") and not found[code].seen[0].islower()
    assert found[code].why and found[code].todo
    assert code not in {one.code for one in find(report, [code])}


@pytest.mark.parametrize(
    ("code", "report"), [(one.code, report) for one in CASES for report in one.silent]
)
def test_it_is_not_found_where_there_is_nothing(code: str, report: Report) -> None:
    assert code not in {one.code for one in find(report)}


def test_every_check_has_its_cases() -> None:
    assert [one.code for one in CASES] == list(CODES)
    assert all(one.seen and one.silent for one in CASES)


@pytest.mark.parametrize("model", ["transformer", "vae", "gan", "gone", None])
def test_a_run_that_hardly_began_has_nothing_to_find(model: str | None) -> None:
    settings = {} if model is None else {"model": model}
    assert find(Report(Summary(Verdict("failed", 1), settings=settings))) == ()


def test_reports_of_every_kind_can_be_asked() -> None:
    for name, made in reports.every().items():
        found = {one.code: one.seen for one in find(made)}
        assert all(seen.endswith(".") for seen in found.values())
        if name != "early":
            assert "0007" in found["TRI103"], name  # the trial without a score


def test_issues_come_before_tips() -> None:
    report = beside(judged(baseline=""), Rival("one", {"accuracy": 1.0}))
    assert [one.kind for one in find(report)] == [ISSUE, TIP]


def test_codes_are_unique_and_of_one_form() -> None:
    assert len(set(CODES)) == len(CODES)
    assert list(CODES) == sorted(CODES)
    assert all(re.fullmatch(r"TRI\d{3}", code) for code in CODES)
    assert {one.kind for one in CHECKS} == {ISSUE, TIP}


def test_the_page_in_docs_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([]) == 0
    made = capsys.readouterr().out
    assert (ROOT / "docs" / "checks.md").read_text() == made, (
        "python -m components.results.checks makes it"
    )
    assert all(f"### {one.code}: {one.title} ({one.kind})" in made for one in CHECKS)
