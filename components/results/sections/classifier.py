"""Of classifiers: averages, the confusion matrix, and curves of each class."""

from __future__ import annotations

import math
from collections.abc import Iterator

from components.results.facts import Evaluation
from components.results.numbers import number, title
from components.results.pictures import classes as drawn
from components.results.pictures import curves
from components.results.report import Report
from components.results.sections.section import Cell, Section, Table, numeric, plain
from modules.contract.evaluation import of_class

_WHOLE = 20  # up to so many classes the confusion matrix is shown whole
_LARGEST = 30  # confusions that are shown of more classes
_AVERAGES = ("macro", "micro")


def averages(report: Report) -> Iterator[Section]:
    """`averages`."""
    found = report.summary.evaluation
    if found is not None and found.confusion:
        tables = (_averages(found), *_by_class(found))
        yield plain("averages", "Overall and each class", *tables)


def sections(report: Report) -> Iterator[Section]:
    """`confusion`, `curves`."""
    found = report.summary.evaluation
    if found is None or not found.confusion:
        return
    if len(found.classes) <= _WHOLE:
        yield plain("confusion", "Confusion matrix", _matrix(found))
    else:
        picture = [drawn.heat(found.confusion)]
        yield plain("confusion", "Confusion matrix", _largest(found), pictures=picture)
    if len(found.curves) == len(found.classes):
        unknown = [None] * len(found.classes)
        areas = [found.by_class.get(name) or unknown for name in ("auc", "auc_pr")]
        pictures = [
            curves.roc(found.curves, found.classes, areas[0]),
            curves.precision_recall(found.curves, found.classes, areas[1]),
        ]
        told = ["The areas under both are in the table of the classes above."]
        yield plain("curves", "ROC and precision-recall", words=told, pictures=pictures)


def _averages(found: Evaluation) -> Table:
    kinds: dict[str, dict[str, float | None]] = {}
    # Those of a class are in the table of the classes.
    own = {of_class(figure, name) for figure in found.by_class for name in found.classes}
    for name, value in found.figures.items():
        if name in own or isinstance(value, (list, tuple)):
            continue
        figure, _, kind = name.rpartition("_")
        if kind in _AVERAGES:
            kinds.setdefault(figure, {})[kind] = value
        else:
            kinds.setdefault(name, {})["overall"] = value
    rows = [
        [
            Cell(title(figure)),
            *(
                numeric(of[kind], figure) if kind in of else Cell("", tone="number")
                for kind in ("overall", *_AVERAGES)
            ),
        ]
        for figure, of in kinds.items()
    ]
    note = "Macro: the mean of the classes; micro: all examples counted alike."
    return Table("All test images", ("Figure", "Overall", "Macro", "Micro"), rows, note)


def _by_class(found: Evaluation) -> Iterator[Table]:
    figures = [name for name, values in found.by_class.items() if len(values) == len(found.classes)]
    if figures:
        rows = [
            [Cell(name), *(numeric(found.by_class[figure][i], figure) for figure in figures)]
            for i, name in enumerate(found.classes)
        ]
        yield Table("Each class", ("Class", *map(title, figures)), rows)


def _matrix(found: Evaluation) -> Table:
    wrong = max(
        (n for i, row in enumerate(found.confusion) for j, n in enumerate(row) if i != j), default=0
    )
    rows = []
    for i, (name, row) in enumerate(zip(found.classes, found.confusion, strict=False)):
        total = sum(row)
        cells = [Cell(name)]
        for j, count in enumerate(row):
            if i == j:
                heat = count / total if total else None
                cells.append(Cell(number(count), count, heat, "right"))
            elif count:
                cells.append(Cell(number(count), count, math.sqrt(count / wrong), "wrong"))
            else:
                cells.append(Cell("0", 0.0, tone="note"))
        rows.append(cells)
    note = "A row an actual class, a column what was answered. Off the diagonal are mistakes."
    return Table("Test images", ("Actual", *found.classes), rows, note, "matrix")


def _largest(found: Evaluation) -> Table:
    pairs = sorted(
        (
            (count, i, j)
            for i, row in enumerate(found.confusion)
            for j, count in enumerate(row)
            if i != j and count
        ),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    rows = [
        [
            Cell(found.classes[i]),
            Cell(found.classes[j]),
            numeric(count),
            numeric(count / sum(found.confusion[i]), "share"),
        ]
        for count, i, j in pairs[:_LARGEST]
    ]
    head = ("Actual", "Answered", "Images", "Part of the class")
    return Table(f"The largest of {len(pairs):,} confusions", head, rows)
