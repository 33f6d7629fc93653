"""What the three splits hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.results.inspection import Inspection, SplitFacts
from components.results.numbers import count, number, title
from components.results.report import Report
from components.results.sections.section import Cell, Section, Table, numeric, plain

_STATISTICS = ("mean", "deviation", "least", "most")


def sections(report: Report) -> Iterator[Section]:
    """`data`."""
    told = [
        f"{node.node}: {node.headline}."
        for node in report.summary.nodes
        if node.node in ("MnistExampleGen", "ExampleValidator", "DataGate") and node.headline
    ]
    if report.summary.data_changed:
        told.append(f"{report.summary.data_changed.rstrip('.')}.")
    found = report.inspection
    if found is None:
        if told:
            told.append("The run did not come as far as looking at them.")
            yield plain("data", "Data", words=told)
        return
    told += _duplicates(found)
    told += [
        f"For comparison, {title(figure)} without any learning is {number(value, figure)}."
        for figure, value in found.trivial.items()
    ]
    tables = [_counts(found.splits), *_features(found.splits)] if found.splits else []
    yield plain("data", "Data", *tables, words=told)


def _duplicates(found: Inspection) -> list[str]:
    some = {between: many for between, many in found.duplicates.items() if many}
    if not some:
        return ["No image is in two splits."] if found.duplicates else []
    return [
        f"{count(many, 'image')} in both of {between.replace(', ', ' and ')}."
        for between, many in some.items()
    ]


def _counts(splits: Sequence[SplitFacts]) -> Table:
    names = list(dict.fromkeys(name for split in splits for name in split.by_class))
    rows = [[Cell("all"), *(numeric(split.examples) for split in splits)]]
    rows += [[Cell(name), *(_part(split, name) for split in splits)] for name in names]
    return Table("Images of each class", ("Class", *(s.split for s in splits)), rows)


def _part(split: SplitFacts, name: str) -> Cell:
    many = split.by_class.get(name, 0)
    share = number(many / split.examples, "share") if split.examples else ""
    return Cell(f"{number(many)} ({share})" if share else number(many), many, tone="number")


def _features(splits: Sequence[SplitFacts]) -> Iterator[Table]:
    rows = [
        [Cell(f"{feature}, {split.split}"), *(numeric(of.get(name)) for name in _STATISTICS)]
        for feature in dict.fromkeys(name for split in splits for name in split.features)
        for split in splits
        if (of := split.features.get(feature)) is not None
    ]
    if rows:
        yield Table("Features", ("Feature", *(name.capitalize() for name in _STATISTICS)), rows)
