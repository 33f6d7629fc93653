"""A run in Markdown: the verdict and the main table, for a pull request and for KFP's UI."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from components.gates import CHANGE
from components.results import judging, words
from components.results.forest import beside_forest
from components.results.judged import Threshold
from components.results.numbers import interval, number, title
from components.results.report import Report
from components.results.sections import folds
from components.results.series import told

MOST = 60_000  # characters: GitHub takes 65,536 in a comment
_LONGEST = 1_000  # of a sentence, a name, a command
_HEAD = ("metric", "slice", "value", "95 % interval", "bound", "before", "change", "examples", "")
_MARKUP = re.compile(r"([\\`*_{}\[\]#!|~$])")


def to_markdown(report: Report) -> str:
    """Writes a run in Markdown of fewer than MOST characters; whatever the report holds is text in
    it, never markup."""
    said = words.verdict(report)
    lines = [f"# {text(said.head)}", "", text(words.name(report)), ""]
    lines.append(
        " ".join(f"**{text(x)}**" if i == 0 else text(x) for i, x in enumerate(said.lines))
    )
    parts = (
        ("Against the last blessed model", words.baseline(report)),
        ("Worst slice", words.worst(report)),
        ("What differs", words.changed(report)),
        ("Cost", words.cost(report)),
    )
    lines.append("")
    for name, part in parts:
        more = " ".join(text(line) for line in part.lines[:10])
        lines.append(f"- {name}: {text(part.head)}. {more}".rstrip())
    if beside := beside_forest(report.summary):
        lines.append(f"- Beside a forest: {text(beside)}.")
    if report.summary.series:
        lines.append(f"- Several seeds: {text(' '.join(told(report.summary.series)))}")
    if report.summary.folds:
        lines.append(f"- Cross-validation: {text(' '.join(folds.told(report.summary.folds)))}")
    lines.append("")
    if report.commands:
        lines += ["## Next", ""]
        for command in report.commands[:10]:
            lines.append(f"{text(command.purpose)}:")
            lines += ["", *(f"    {line}" for line in _cut(command.line).splitlines()), ""]
    if report.findings:
        lines += ["## Checks", ""]
        lines += [
            f"- {text(one.code)} ({text(one.kind)}): {text(one.seen)} {text(one.todo)}"
            for one in report.findings[:30]
        ]
        lines.append("")
    return _table(lines, sorted(judging.thresholds(report), key=lambda one: one.passed))


def text(value: str) -> str:
    """Text that Markdown and HTML within it show as it is, on one line."""
    line = html.escape(" ".join(_cut(value).split()), quote=False)
    return _MARKUP.sub(r"\\\1", line)


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]} …"


def _table(lines: Sequence[str], thresholds: Sequence[Threshold]) -> str:
    if not thresholds:
        return "\n".join(lines).strip() + "\n"
    found = [*lines, "## Thresholds", "", _row(_HEAD), _row(["---"] * len(_HEAD))]
    size = sum(len(line) + 1 for line in found)
    for place, one in enumerate(thresholds):
        row = _row(map(text, _cells(one)))
        size += len(row) + 1
        if size > MOST - 200:
            found += ["", f"{len(thresholds) - place} more, all in the page beside this file."]
            break
        found.append(row)
    return "\n".join(found) + "\n"


def _cells(one: Threshold) -> tuple[str, ...]:
    signed = one.kind == CHANGE
    return (
        title(one.metric),
        one.slice,
        number(one.value, one.metric, signed),
        interval(one.low, one.high, one.metric, signed),
        f"{one.kind} {number(one.bound, one.metric, signed)}",
        number(one.baseline, one.metric),
        number(judging.change(one), one.metric, signed=True),
        f"{one.examples:,}",
        "met" if one.passed else "not met",
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
