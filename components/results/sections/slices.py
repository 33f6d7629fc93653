"""The figures of each class and of each kind of stroke, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from components.gates import AT_LEAST
from components.intervals import wilson
from components.results import judging
from components.results.facts import Evaluation
from components.results.numbers import interval, is_part, number, title
from components.results.report import Report
from components.results.sections.section import Bar, Cell, Section, Table, numeric, plain

_STEP = 0.05  # a scale begins at a multiple of it


def sections(report: Report) -> Iterator[Section]:
    """`slices`: a table for each feature that slices are made by."""
    found = report.summary.evaluation
    if found is None or not found.slices:
        return
    wanted = list(dict.fromkeys([*found.headline, *found.gated]))
    figures = [f for f in wanted if any(isinstance(s.get(f), float) for s in found.slices.values())]
    groups: dict[str, list[str]] = {}
    for name in found.slices:
        groups.setdefault(name.partition("=")[0], []).append(name)
    tables = [_table(report, found, by, names, figures) for by, names in groups.items()]
    yield plain("slices", "Each class and stroke", *tables)


def _table(
    report: Report, found: Evaluation, by: str, names: Sequence[str], figures: Sequence[str]
) -> Table:
    barred = next((figure for figure in figures if is_part(figure)), "")
    ends = {
        name: wilson(value, found.examples[name])
        for name in names
        if isinstance(value := found.slices[name].get(barred), float)
    }
    bounds = {
        one.slice: one.bound
        for one in judging.thresholds(report)
        if one.metric == barred and one.kind == AT_LEAST and one.slice in names
    }
    known = [*(end for one in ends.values() for end in one), *bounds.values()] or [0.0, 1.0]
    start = max(0.0, _STEP * math.floor(min(known) / _STEP))
    end = min(1.0, _STEP * math.ceil(max(known) / _STEP)) if max(known) > start else 1.0
    rows = []
    for name in names:
        row = [Cell(name), numeric(found.examples[name])]
        if name in ends:
            value = float(found.slices[name][barred])
            row.append(_bar(value, ends[name], bounds.get(name), (start, end), barred))
        elif barred:
            row.append(Cell("–"))
        rest = (figure for figure in figures if figure != barred)
        rows.append([*row, *(numeric(found.slices[name].get(f), f) for f in rest)])
    head = ["Slice", "Examples"]
    note = ""
    if barred:
        head.append(f"{title(barred)}, with its 95 % interval")
        note = (
            f"Scale from {interval(start, end, barred)}; Wilson's interval"
            f"{'; the upright line is the bound' if bounds else ''}."
        )
    head += [title(figure) for figure in figures if figure != barred]
    return Table(f"By {by}", head, rows, note)


def _bar(
    value: float,
    ends: tuple[float, float],
    bound: float | None,
    scale: tuple[float, float],
    figure: str,
) -> Cell:
    def place(x: float) -> float:
        return min(1.0, max(0.0, (x - scale[0]) / (scale[1] - scale[0])))

    text = f"{number(value, figure)} ({interval(*ends, figure)})"
    mark = None if bound is None else place(bound)
    bar = Bar(place(ends[0]), place(value), place(ends[1]), mark)
    return Cell(text, value, bar=bar, tone="bars")
