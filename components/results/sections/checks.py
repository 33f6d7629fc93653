"""What the checks found."""

from __future__ import annotations

from collections.abc import Iterator

from components.results.numbers import count
from components.results.report import ISSUE, Report
from components.results.sections.section import Section


def sections(report: Report) -> Iterator[Section]:
    """`checks`, issues first."""
    found = sorted(report.findings, key=lambda one: one.kind != ISSUE)
    issues = sum(one.kind == ISSUE for one in found)
    told = [f"{count(issues, 'issue')}, {count(len(found) - issues, 'tip')}."] if found else []
    if not found:
        told = ["The checks found nothing to say."]
    if report.muted:
        told.append(f"Muted in the settings: {', '.join(report.muted)}.")
    yield Section("checks", "Checks", "checks", {"findings": found, "words": told})
