"""How the lessons print: a row for each way, or each figure, in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """A line of a lesson's table.

    Attributes:
        name: what was measured, or how it was made.
        cells: numbers by their columns; text is printed as it is.
    """

    name: str
    cells: Mapping[str, float | str]


def table(rows: Sequence[Row]) -> str:
    """The rows below the names of their columns."""
    columns = list(dict.fromkeys(name for row in rows for name in row.cells))
    wide = max(len(row.name) for row in rows) + 2
    widths = {name: max(12, len(name) + 2) for name in columns}
    lines = [" " * wide + "".join(f"{name:>{widths[name]}}" for name in columns)]
    for row in rows:
        cells = (_cell(row.cells.get(name, "")).rjust(widths[name]) for name in columns)
        lines.append(row.name.ljust(wide) + "".join(cells))
    return "\n".join(lines)


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
