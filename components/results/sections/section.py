"""The parts that every section is made of: tables, their cells, and the section itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from components.results.numbers import UNKNOWN, interval, number


class Bar(NamedTuple):
    """Where a value and both ends of its interval are on a scale, and a mark: from 0 to 1."""

    low: float
    value: float
    high: float
    mark: float | None = None


class Cell(NamedTuple):
    """A cell of a table.

    Attributes:
        text: that it shows.
        key: what it is sorted by; None sorts by the text.
        heat: from 0 to 1, how strongly it is coloured.
        hue: of the heat: right or wrong.
        bar: that it shows beside the text.
        tone: the name of a class of the style.
    """

    text: str
    key: float | None = None
    heat: float | None = None
    hue: str = "right"
    bar: Bar | None = None
    tone: str = ""


class Table(NamedTuple):
    """A table: the first cell of each row is the row's head."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    style: str = ""


@dataclasses.dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes:
        id: its anchor, which stays the same for ever.
        title: its heading.
        template: the file that shows it, without `.html.j2`.
        facts: what the template is given.
    """

    id: str
    title: str
    template: str = "plain"
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


MOST = 120  # rows of a table, of which a page of many classes has some


def cut(table: Table) -> Table:
    """The table with as many rows as there is room for on a page."""
    left = len(table.rows) - MOST
    if left <= 0:
        return table
    note = f"{table.note} {left:,} more rows are in report.json.".strip()
    return table._replace(rows=table.rows[:MOST], note=note)


def plain(
    id: str,
    title: str,
    *tables: Table,
    words: Sequence[str] = (),
    pictures: Sequence[Any] = (),
    images: Sequence[Any] = (),
) -> Section:
    """A section of words, then pictures, images and tables."""
    facts = {"tables": [*map(cut, tables)], "words": words, "pictures": pictures, "images": images}
    return Section(id, title, "plain", facts)


def numeric(value: Any, figure: str = "", signed: bool = False) -> Cell:
    """A cell with a number; see `components.results.numbers.number`. Of many it has the ends."""
    if isinstance(value, (list, tuple)):
        known = [one for one in value if one is not None]
        ends = interval(min(known), max(known), figure, signed) if known else UNKNOWN
        return Cell(f"{len(value):,} of them: {ends}", tone="number")
    key = float(value) if isinstance(value, (int, float)) else None
    return Cell(number(value, figure, signed), key, tone="number")


def words(*texts: str) -> list[Cell]:
    """Cells with text."""
    return [Cell(text) for text in texts]
