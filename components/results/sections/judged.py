"""Every threshold, and what else the gates said."""

from __future__ import annotations

from collections.abc import Iterator

from components.gates import CHANGE, MUST
from components.results import judging
from components.results.judged import Threshold
from components.results.numbers import interval, number, title
from components.results.report import Report
from components.results.sections.section import MOST, Cell, Section, Table, numeric, plain

_HEAD = (
    "Metric",
    "Slice",
    "Value",
    "95 % interval",
    "Bound",
    "Margin",
    "Examples",
    "Before",
    "Change",
    "Met",
    "Gate",
)


def sections(report: Report) -> Iterator[Section]:
    """`thresholds`: first those that are not met; of very many, the tightest."""
    asked = sorted(judging.thresholds(report), key=lambda one: one.passed)
    if len(asked) > MOST:
        asked.sort(key=lambda one: (one.passed, judging.room(one) or 0.0))
    told = [str(one) for record in report.summary.gates for one in record.failures]
    told = [f"{one}." for one in dict.fromkeys(told)] if not asked else _others(report)
    if not asked and report.summary.evaluation is None:
        told.append("The run did not come as far as the Evaluator, so no threshold was asked.")
    elif not asked and not told:
        told.append("No threshold was asked.")
    table = Table(
        "Every threshold, and what was measured",
        _HEAD,
        [_row(one) for one in asked],
        "“Before” is the last blessed model. A change is of the same images, paired. “Gate” is the "
        "name of the bound among the settings.",
    )
    yield plain("thresholds", "Thresholds", *([table] if asked else []), words=told)


def _others(report: Report) -> list[str]:
    failures = (one for record in report.summary.gates for one in record.failures)
    failures_in_words = [one for one in failures if one.kind == MUST]
    return [f"{one.gate}: {one}." for one in failures_in_words]


def _row(one: Threshold) -> list[Cell]:
    changes = one.kind == CHANGE
    ends = interval(one.low, one.high, one.metric, changes)
    bound = number(one.bound, one.metric, changes)
    more = one.words or ("the interval holds the bound" if one.unsure else "")
    return [
        Cell(title(one.metric)),
        Cell(one.slice),
        numeric(one.value, one.metric, changes),
        Cell(ends, one.low, tone="number"),
        Cell(f"{bound} allowed" if changes else f"{one.kind} {bound}", one.bound, tone="number"),
        numeric(one.margin, one.metric, signed=True),
        numeric(one.examples),
        numeric(one.baseline, one.metric),
        numeric(judging.change(one), one.metric, signed=True),
        Cell("✓ met", 1.0, tone="good") if one.passed else Cell("✗ not met", 0.0, tone="bad"),
        Cell(f"{one.name}: {more}" if more else one.name, tone="gate"),
    ]
