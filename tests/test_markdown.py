"""A run in Markdown: short enough for a comment, and nothing but text in it."""

import dataclasses
import html
import re

import pytest

from components.results.markdown import MOST, text, to_markdown
from components.results.report import Command
from tests import reports
from tests.test_page import EVIL, evil

REPORTS = reports.every()


@pytest.mark.parametrize("name", REPORTS)
def test_it_has_verdict_and_reason_and_fits_a_comment(name: str) -> None:
    told = to_markdown(REPORTS[name])
    assert told.startswith(("# Served", "# Not served")) and len(told) < MOST
    assert not re.search(r"\bnan\b|None", told)


def test_the_table_has_every_threshold_and_those_not_met_first() -> None:
    report = REPORTS["refused"]
    assert report.summary.evaluation
    rows = [line for line in to_markdown(report).splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(report.summary.evaluation.thresholds)
    assert len({line.count(" | ") for line in rows}) == 1
    plain = rows[2].replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    assert plain == (
        "| accuracy | label=8 | 96.00 % | 94.50 to 97.12 % | at least 97.50 % | 98.15 % "
        "| -2.15 points | 974 | not met |"
    )
    assert "not met" in rows[3] and "not met" not in rows[4]


def test_it_is_never_too_long() -> None:
    report = reports.transformer([f"{i} {'|' * 100}" for i in range(500)])
    long = dataclasses.replace(
        report,
        commands=tuple(Command("again " * 500, "x" * 9_000) for _ in range(50)),
        findings=tuple(
            dataclasses.replace(report.findings[0], seen="y" * 9_000) for _ in range(50)
        ),
    )
    told = to_markdown(long)
    assert len(told) < MOST and re.search(r"\n\d+ more, all in the page beside this file\.\n", told)


def test_names_from_outside_are_text() -> None:
    told = to_markdown(evil(REPORTS["refused"]))
    lines = [line for line in told.splitlines() if not line.startswith("    ")]  # no code
    assert "&lt;script&gt;" in told and not any("<" in line for line in lines)
    for line in lines:
        assert not re.search(r"(?<!\\)[\[\]`$]", line)
        if line.startswith("| "):
            assert len(re.split(r"(?<!\\)\|", line)) == 11


def test_text_comes_back_as_it_was() -> None:
    written = text(f"a_b *c* {EVIL}\n# d")
    assert "\n" not in written
    assert html.unescape(re.sub(r"\\(.)", r"\1", written)) == f"a_b *c* {EVIL} # d"
