"""The cross-validation of the configuration that the model was trained with."""

from __future__ import annotations

from collections.abc import Iterator

from components.results.folds import Folds
from components.results.numbers import count, duration, gap, number, title
from components.results.pictures.folds import strip
from components.results.report import Report
from components.results.sections.section import Cell, Section, Table, numeric, plain


def sections(report: Report) -> Iterator[Section]:
    """`folds`."""
    found = report.summary.folds
    if found is not None:
        yield plain(
            "folds", "Cross-validation", _table(found), words=told(found), pictures=[strip(found)]
        )


def told(found: Folds) -> list[str]:
    """What the folds came to, in sentences."""
    words = [
        f"{len(found.folds)} folds of train and eval together, each held out once and judged by a "
        f"model that learnt from the others; {duration(found.seconds)}."
    ]
    lost = [place for place, fold in enumerate(found.folds, 1) if fold.failed]
    words += [f"Fold {place} failed: {found.folds[place - 1].failed}." for place in lost]
    if found.mean is not None and found.deviation is not None:
        mean, spread = number(found.mean, found.objective), gap(found.deviation, found.objective)
        words.append(f"{title(found.objective)}: mean {mean}, standard deviation {spread}.")
    for place in found.outliers:
        score = number(found.scores[place - 1], found.objective)
        words.append(f"Fold {place} is unlike the others: {score}.")
    return [*words, *_judged(found)]


def _judged(found: Folds) -> list[str]:
    one = found.threshold
    if one is not None:
        value, bound = (number(x, one.metric) for x in (one.value, one.bound))
        met = "met" if one.passed else "not met"
        return [
            f"Worsened by one standard deviation: {value}, {one.kind} {bound} is needed: {met}."
        ]
    if found.proposed is None:
        return []
    return [f"There is no bound on it; gates.folds={found.proposed!r} would be met again."]


def _table(found: Folds) -> Table:
    names = list(dict.fromkeys(name for fold in found.folds for name in fold.figures))
    names.sort(key=lambda name: name != found.objective)
    rows = [
        [
            Cell(f"{place}, unlike the others" if place in found.outliers else str(place)),
            *(numeric(fold.figures.get(name), name) for name in names),
            numeric(fold.train_images),
            numeric(fold.held_out_images),
            Cell(duration(fold.seconds), fold.seconds, tone="number"),
        ]
        for place, fold in enumerate(found.folds, 1)
    ]
    head = ("Fold", *map(title, names), "Learnt from", "Held out", "Time")
    return Table(f"{count(len(found.folds), 'fold')}", head, rows)
