"""The run itself: its nodes, and all that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from components.results import words
from components.results.numbers import count, duration, number
from components.results.pictures.dag import HEIGHT, WIDTH, lay_out
from components.results.report import Report
from components.results.sections.section import Cell, Section, Table
from modules.util.plain import flat

_LONGEST = 300  # letters of a value


def sections(report: Report) -> Iterator[Section]:
    """`nodes`, `settings`."""
    if report.summary.nodes:
        yield _nodes(report)
    tables = [_identity(report)]
    if report.changed:
        rows = [
            [Cell(one.kind), *(Cell(_text(text)) for text in (one.name, one.before, one.after))]
            for one in report.changed
        ]
        since = f"Different from run {report.previous}"
        tables.append(Table(since, ("Kind", "Name", "Before", "Now"), rows))
    for caption, values in (
        ("Settings", dict(flat(report.summary.settings))),
        ("Versions", report.summary.versions),
    ):
        if values:
            rows = [[Cell(name), Cell(_text(value))] for name, value in values.items()]
            tables.append(Table(caption, ("Name", "Value"), rows))
    facts = {"tables": tables, "commands": report.commands}
    yield Section("settings", "Settings, versions, commands", "settings", facts)


def _nodes(report: Report) -> Section:
    nodes = report.summary.nodes
    graph = lay_out(nodes) if any(node.after for node in nodes) else None
    rows = [
        [
            Cell(node.node),
            Cell(node.state, tone="bad" if node.state in ("failed", "refused") else ""),
            Cell(duration(node.seconds), node.seconds, tone="number"),
            Cell(duration(node.took), node.took, tone="number"),
            Cell(node.headline, tone="wide"),
            Cell(", ".join(f"{name} {version}" for name, version in node.versions.items())),
        ]
        for node in nodes
    ]
    head = ("Node", "State", "In this run", "Its outputs took", "Found", "Other versions")
    note = "“Other versions”: those of the libraries that a cached node's outputs were made with."
    states = {state: sum(node.state == state for node in nodes) for state in _states(report)}
    said = ", ".join(f"{many} {state}" for state, many in states.items())
    text = f"The graph of {count(len(nodes), 'node')}: {said}. The table below has all of it."
    return Section(
        "nodes",
        "Nodes",
        "nodes",
        {
            "graph": graph,
            "text": text,
            "width": WIDTH,
            "height": HEIGHT,
            "tables": [Table("Nodes, in the order in which they ran", head, rows, note)],
        },
    )


def _states(report: Report) -> list[str]:
    return list(dict.fromkeys(node.state for node in report.summary.nodes))


def _identity(report: Report) -> Table:
    summary = report.summary
    facts: dict[str, Any] = {
        "outcome": f"{summary.verdict.outcome} (exit code {summary.verdict.exit_code})",
        "reason": summary.verdict.reason,
        "what": words.name(report),
        "run": summary.run,
        "compared with run": report.previous,
        "pushed to": summary.pushed or "",
        "seed": summary.seed,
        "hash of the code": summary.source,
    }
    if summary.evaluation is not None:
        facts["last blessed model"] = summary.evaluation.baseline
        facts |= {name.replace("_", " "): value for name, value in summary.evaluation.notes.items()}
    rows = [[Cell(name), Cell(_text(value))] for name, value in facts.items() if value != ""]
    return Table("The run", ("Name", "Value"), rows)


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a seed or a setting, as it is typed
    text = number(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
