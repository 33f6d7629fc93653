"""What the page of a comparison shows after its first screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.gates import CHANGE, OVERALL
from components.results import words
from components.results.comparing import said
from components.results.comparing.comparison import Comparison
from components.results.comparing.curves import curves
from components.results.comparing.figures import Row
from components.results.judged import BETTER, WORSE, Threshold
from components.results.numbers import UNKNOWN, duration, number, title
from components.results.sections.section import Cell, Section, Table, numeric, plain
from components.results.summary import Node

_INTERVAL = "The interval is that of the change where a figure is paired, else those of both runs."
_OF_CLASS = "_of_"  # in the name of a class's own figure
_TONES = {BETTER: "good", WORSE: "bad"}
_MET = {True: Cell("✓ met", 1.0, tone="good"), False: Cell("✗ not met", 0.0, tone="bad")}
_NOTHING = Cell(UNKNOWN)


def sections(found: Comparison) -> Iterator[Section]:
    """`figures`, `slices`, `thresholds`, `hyperparameters`, `training`, `settings`, `nodes`."""
    yield _figures(found)
    if any(row.slice != OVERALL for row in found.rows):
        yield _slices(found)
    if any(side.summary.thresholds for side in (found.one, found.other)):
        yield _thresholds(found)
    trainings = [side.summary.training for side in (found.one, found.other)]
    if trainings[0] and trainings[1]:
        one, other = (training.hyperparameters for training in trainings if training)
        yield _hyperparameters(one, other)
        pictures = curves(trainings[0].history, trainings[1].history)
        yield plain("training", "Training", pictures=pictures)
    yield _differences(found)
    yield _nodes(found)


def _figures(found: Comparison) -> Section:
    whole = [row for row in found.rows if row.slice == OVERALL]
    judged = [row for row in whole if row.rises is not None]
    of_classes = [row for row in judged if _OF_CLASS in row.metric]
    tables = [
        _table(caption, "Figure", [_row(row, title(row.metric)) for row in some])
        for caption, some in (
            ("By which both models are judged", [r for r in judged if r not in of_classes]),
            ("Of each class", of_classes),
        )
        if some
    ]
    others = [
        [Cell(title(row.metric)), *(numeric(one.value, row.metric) for one in row[2:4])]
        for row in whole
        if row.rises is None
    ]
    if others:
        tables.append(Table("What else was measured", ("Figure", "A", "B"), others))
    return plain("figures", "Figures", *tables, words=[_INTERVAL])


def _slices(found: Comparison) -> Section:
    rows: dict[str, list[list[Cell]]] = {}
    for row in found.rows:
        if row.slice != OVERALL:
            rows.setdefault(row.metric, []).append(_row(row, row.slice))
    tables = [_table(title(metric), "Slice", of_metric) for metric, of_metric in rows.items()]
    chance = "By chance, about one slice of twenty seems to differ by more than noise."
    return plain("slices", "Slices", *tables, words=[chance])


def _table(caption: str, first: str, rows: list[list[Cell]]) -> Table:
    return Table(caption, (first, "A", "B", "Change", "95 % interval", "Test", ""), rows)


def _row(row: Row, name: str) -> list[Cell]:
    change = row.after.value - row.before.value
    if row.pair:
        ends = (number(x, row.metric, signed=True) for x in (row.pair.low, row.pair.high))
        interval = " to ".join(ends)
    else:
        both = [said.interval(one, row.metric) for one in (row.before, row.after)]
        interval = f"A {both[0]}; B {both[1]}" if all(both) else UNKNOWN
    return [
        Cell(name),
        numeric(row.before.value, row.metric),
        numeric(row.after.value, row.metric),
        numeric(change, row.metric, signed=True),
        Cell(interval, tone="number"),
        Cell(words.test(row.pair), row.pair.p) if row.pair else Cell("not paired"),
        Cell(row.verdict or UNKNOWN, tone=_TONES.get(row.verdict, "")),
    ]


def _thresholds(found: Comparison) -> Section:
    one, other = (
        {(t.name, t.metric, t.slice, t.kind): t for t in side.summary.thresholds}
        for side in (found.one, found.other)
    )
    rows = [
        [Cell(title(key[1])), Cell(key[2]), *_bound(one.get(key)), *_bound(other.get(key))]
        for key in sorted(dict.fromkeys((*other, *one)), key=lambda key: _order(one, other, key))
    ]
    head = ("Metric", "Slice", "A's bound", "A", "A met", "B's bound", "B", "B met")
    note = "First those that one of the runs meets alone."
    table = Table("Every threshold of both runs", head, rows, note)
    return plain("thresholds", "Thresholds", table)


def _order(one: Mapping[Any, Threshold], other: Mapping[Any, Threshold], key: Any) -> int:
    """First what only one of them meets, then what none meets, then the others."""
    met = [of[key].passed for of in (one, other) if key in of]
    return 0 if len(set(met)) == 2 else 2 if all(met) else 1


def _bound(asked: Threshold | None) -> list[Cell]:
    if asked is None:
        return [_NOTHING, _NOTHING, _NOTHING]
    signed = asked.kind == CHANGE
    bound = f"{asked.kind} {number(asked.bound, asked.metric, signed)}"
    return [Cell(bound), numeric(asked.value, asked.metric, signed), _MET[asked.passed]]


def _hyperparameters(one: Mapping[str, Any], other: Mapping[str, Any]) -> Section:
    names = sorted(dict.fromkeys((*one, *other)), key=lambda name: one.get(name) == other.get(name))
    rows = [
        [Cell(name), *(numeric(of.get(name)) for of in (one, other)), _differs(one, other, name)]
        for name in names
    ]
    table = Table("As the models were trained", ("Hyperparameter", "A", "B", ""), rows)
    return plain("hyperparameters", "Hyperparameters", table)


def _differs(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> Cell:
    return Cell("" if one.get(name) == other.get(name) else "differs")


def _differences(found: Comparison) -> Section:
    rows = [
        [Cell(f"{one.kind} {one.name}"), Cell(one.before or "(none)"), Cell(one.after or "(none)")]
        for one in found.changes
    ]
    if not rows:
        told = ["Data, code, settings and libraries are the same."]
        return plain("settings", "Made of", words=told)
    table = Table("What the runs were made of that is not the same", ("", "A", "B"), rows)
    return plain("settings", "Made of", table)


def _nodes(found: Comparison) -> Section:
    one, other = (
        {node.node: node for node in side.summary.nodes} for side in (found.one, found.other)
    )
    rows = [
        [Cell(name), *_time(one.get(name)), *_time(other.get(name))]
        for name in dict.fromkeys((*other, *one))
    ]
    head = ("Node", "A", "A's time", "B", "B's time")
    note = "Of a cached node, the time that making its outputs once took."
    return plain("nodes", "Cost", Table("What each node took", head, rows, note))


def _time(node: Node | None) -> list[Cell]:
    if node is None:
        return [_NOTHING, _NOTHING]
    taken = node.took or node.seconds
    return [Cell(node.state), Cell(duration(taken), taken, tone="number")]
