"""What people are told of folds: on the page, in Markdown, and by the verdict."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from components.folds_gate import failures
from components.gates import Record
from components.results import judging, page, words
from components.results.commands import next_commands
from components.results.folds import Folds
from components.results.markdown import to_markdown
from components.results.report import Report
from components.results.summary import read_summary, write_summary
from modules.util.plain import from_json, to_json
from pipeline.verdict import refusal
from tests import reports
from tests.validated import ACCURACIES, NELBOS, bounded, folds_of

SPACE = "\N{NO-BREAK SPACE}"


def told(report: Report, folds: Folds) -> Report:
    """The report of a run with these folds, refused if they are."""
    summary = dataclasses.replace(report.summary, folds=folds)
    if refused := failures(folds, folds.threshold):
        gates = (*summary.gates, Record("FoldsGate", False, tuple(refused)))
        summary = dataclasses.replace(summary, verdict=refusal(refused), gates=gates)
    return dataclasses.replace(report, summary=summary)


def section(report: Report) -> str:
    [found] = re.findall(r'<section id="folds".*?</section>', page.render(report), re.DOTALL)
    return re.sub(r"<svg.*?</svg>", "", found, flags=re.DOTALL)


def test_a_run_without_folds_has_no_such_section() -> None:
    assert 'id="folds"' not in page.render(reports.vae())


@pytest.mark.parametrize(
    ("report", "folds", "words_"),
    [
        (
            reports.transformer(),
            bounded(folds_of(ACCURACIES), 0.99),
            (
                f"mean 99.30{SPACE}%, standard deviation 0.04{SPACE}points.",
                f"99.26{SPACE}%, at least 99.00{SPACE}% is needed: met.",
                "48,000",
            ),
        ),
        (
            reports.vae(),
            bounded(folds_of((120.0, *NELBOS[1:]), "vae"), 95.0),
            ("Fold 1 is unlike the others: 120.", "at most 95 is needed: not met.", "1, unlike"),
        ),
        (
            reports.gan(),
            dataclasses.replace(folds_of((0.1, 0.12), "gan"), proposed=0.14),
            ("There is no bound on it; gates.folds=0.14 would be met again.",),
        ),
        (
            reports.transformer(),
            folds_of((0.99, None)),
            ("Fold 2 failed: training stopped: the loss is not finite.",),
        ),
    ],
)
def test_the_page_has_each_fold_their_mean_and_the_bound(
    report: Report, folds: Folds, words_: tuple[str, ...]
) -> None:
    report = told(report, folds)
    shown = section(report)
    for one in words_:
        assert one in shown
    assert shown.count("<tr>") == 1 + len(folds.folds)
    assert from_json(Report, to_json(report)).summary.folds == folds
    assert words_[0].replace(SPACE, " ") in to_markdown(report)


def test_a_refusal_by_folds_is_told_with_its_margin_and_what_would_let_it_pass() -> None:
    report = told(reports.transformer(), bounded(folds_of(ACCURACIES), 0.995))
    said = words.verdict(report)
    assert said.head == "Not served: refused by FoldsGate"
    assert said.lines[0].startswith(
        f"Held-out accuracy on 5 folds is 99.26{SPACE}%, at least 99.50{SPACE}% is needed: "
        f"0.24{SPACE}points short (60,000 examples); the mean of 99.30{SPACE}%, worsened by"
    )
    found = judging.binding(report)
    assert found and found.name == "folds"
    summary = dataclasses.replace(report.summary, command="local_runner.py", pushed=None)
    commands = next_commands(summary, Path("/out/transformer/a-run"), Path("/out"), "")
    assert any("gates.folds=0.9925" in one.line for one in commands)


def test_the_tightest_threshold_can_be_that_of_folds() -> None:
    report = reports.transformer()
    assert report.summary.evaluation
    lonely = dataclasses.replace(report.summary.evaluation, thresholds=())
    summary = dataclasses.replace(report.summary, evaluation=lonely)
    report = told(dataclasses.replace(report, summary=summary), bounded(folds_of(ACCURACIES), 0.99))
    found = judging.tightest(report)
    assert found and (found.name, found.slice) == ("folds", "5 folds")


def test_a_summary_keeps_them(tmp_path: Path) -> None:
    found: Any = told(reports.vae(), bounded(folds_of(NELBOS, "vae"), 91.0)).summary
    write_summary(tmp_path / "summary.json", found)
    assert read_summary(tmp_path / "summary.json") == found
