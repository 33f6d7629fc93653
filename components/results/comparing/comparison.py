"""Two runs, and all that a page says of both."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from components.results.changes import differences
from components.results.comparing.figures import Row, rows
from components.results.comparing.side import Side, read_side
from components.results.report import Change
from components.results.stored import BadFacts


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two runs beside each other.

    Attributes:
        one: run A.
        other: run B.
        rows: the figures of both.
        unpaired: in words, why figures are not paired; empty where they are.
        changes: what they were made of that is not the same.
    """

    one: Side
    other: Side
    rows: tuple[Row, ...]
    unpaired: str
    changes: tuple[Change, ...]


def compare(one: Path, other: Path) -> Comparison:
    """Reads and compares two runs.

    Args:
        one: the folder of run A; see `read_side`.
        other: that of run B.

    Raises:
        BadFacts: they cannot be compared; in a sentence.
    """
    before, after = read_side(one), read_side(other)
    if before.folder == after.folder:
        raise BadFacts(f"{one} and {other} are the same run")
    found, unpaired = rows(before, after)
    changes = differences(before.summary, after.summary)
    return Comparison(before, after, found, unpaired, changes)
