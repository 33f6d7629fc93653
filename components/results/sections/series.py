"""Several seeds of one setting, where the run pushed the median of them."""

from __future__ import annotations

from collections.abc import Iterator

from components.results.numbers import title
from components.results.report import Report
from components.results.sections.section import Cell, Section, Table, numeric, plain
from components.results.series import told


def sections(report: Report) -> Iterator[Section]:
    """`series`."""
    found = report.summary.series
    if found is None:
        return
    figures = list(dict.fromkeys(name for one in found.members for name in one.figures))
    rows = [
        [
            Cell(f"{one.repeat}, the median" if one.run == found.chosen else str(one.repeat)),
            numeric(one.objective, found.objective),
            *(numeric(one.figures.get(name), name) for name in figures),
            Cell(one.outcome, tone="bad" if one.outcome == "refused" else ""),
            Cell(one.run),
        ]
        for one in found.members
    ]
    tested = (f"{title(name)} (test)" for name in figures)
    head = ("Repeat", f"{title(found.objective)} (eval)", *tested, "Verdict", "Run")
    note = "What is chosen is chosen on the eval split; the test split is only told of."
    table = Table("Trainings that differ in their seed alone", head, rows, note)
    yield plain("series", "Several seeds", table, words=told(found))
