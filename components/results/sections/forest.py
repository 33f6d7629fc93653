"""A classifier beside the forest that was pushed last, of the whole and of each class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.gates import OVERALL
from components.results.facts import Evaluation
from components.results.forest import beside_forest
from components.results.judged import BETTER, WORSE, Paired
from components.results.numbers import interval, probability, title
from components.results.report import Report
from components.results.rival import Rival
from components.results.sections.section import Cell, Section, Table, numeric, plain

_TONES = {BETTER: "good", WORSE: "bad"}
_PAIRED = (
    "Change",
    "95 % interval",
    "Only this model right",
    "Only the forest right",
    "p",
    "This model is",
)


def sections(report: Report) -> Iterator[Section]:
    """`forest`."""
    found, forest = report.summary.evaluation, report.summary.forest
    said = beside_forest(report.summary)
    if not found or not forest or not said:
        return
    table = _together(forest.paired) if forest.paired else _apart(forest, found)
    yield plain("forest", "Beside a forest", table, words=[f"{said[:1].upper()}{said[1:]}."])


def _together(pairs: Sequence[Paired]) -> Table:
    rows = [
        [
            Cell(one.slice),
            numeric(one.examples),
            numeric(one.value, one.metric),
            numeric(one.baseline, one.metric),
            numeric(one.change, one.metric, signed=True),
            Cell(interval(one.low, one.high, one.metric, signed=True), one.low, tone="number"),
            numeric(one.won),
            numeric(one.lost),
            Cell(f"p {probability(one.p)}", one.p, tone="number"),
            Cell(one.verdict, tone=_TONES.get(one.verdict, "")),
        ]
        for one in pairs
    ]
    note = (
        "Both answered the same images. Each row is tested by itself, by McNemar’s exact test: of "
        "twenty classes that do not differ, one seems to."
    )
    head = ("Slice", "Examples", title(pairs[0].metric), "Forest", *_PAIRED)
    return Table("Both models, image by image", head, rows, note)


def _apart(forest: Rival, found: Evaluation) -> Table:
    figures = [name for name in found.headline if name in forest.figures]
    rows = [
        [
            Cell(slice_),
            *(
                numeric(figures_of.get(name), name)
                for name in figures
                for figures_of in (found.whole_and_slices[slice_], theirs)
            ),
        ]
        for slice_, theirs in {OVERALL: forest.figures, **forest.slices}.items()
        if slice_ in found.whole_and_slices
    ]
    head = ("Slice", *(part for name in figures for part in (title(name), "Forest")))
    return Table("Both models, each by itself", head, rows)
