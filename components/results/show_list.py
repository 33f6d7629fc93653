"""Lists every run of an output folder: `python -m components.results OUTPUT --list`."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from components.results.changes import text
from components.results.listing import Listed, find_runs
from components.results.numbers import UNKNOWN, duration, interval, number, title
from components.results.stored import BadFacts
from modules.util.files import write_text

STDOUT = "-"  # instead of the name of a file

_HEAD = ("Run", "Model", "Verdict", "Key figure", "95 % interval", "Time", "Differs in")
_OF_RUN = ("run", "model", "verdict", "figure", "value", "low", "high", "seconds", "folder")
_ONE_LINE = 120  # characters of a terminal that are room enough for a run in one line
_NARROW = 80
_TONES = {"pushed": "green", "judged": "green", "refused": "yellow", "unfinished": ""}


def show_list(output: Path, to: str = "") -> int:
    """Lists the runs of a folder; those that cannot be read are named on stderr.

    Args:
        output: the folder that runs write to.
        to: the file for a CSV of them, STDOUT for the screen; empty for a table.

    Returns:
        The exit code: 0, or 2 when there is no run or the file cannot be written.
    """
    try:
        found = find_runs(output)
        if to == STDOUT:
            sys.stdout.write(to_csv(found.runs))
        elif to:
            write_text(to, to_csv(found.runs))
            sys.stdout.write(f"listed  {to}\n")
        elif sys.stdout.isatty():
            _draw(found.runs)
        else:
            sys.stdout.write(to_text(found.runs))
    except BadFacts as error:
        sys.stderr.write(f"components.results: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"components.results: cannot write {error.filename}: {error.strerror}\n")
        return 2
    sys.stderr.write("".join(f"components.results: {one}\n" for one in found.unreadable))
    return 0


def to_csv(runs: Sequence[Listed]) -> str:
    """Writes runs as a table, with a column for each setting that is not the same in all of them.

    Figures are not rounded; what is not known is empty.
    """
    names = list(dict.fromkeys(name for run in runs for name in run.differs))
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow([*_OF_RUN, *names])
    for one in runs:
        figures = ["" if x is None else x for x in (one.value, one.low, one.high)]
        of_run = [one.run, one.family, one.outcome, one.figure, *figures, one.seconds, one.folder]
        settings = [text(one.differs[name]) if name in one.differs else "" for name in names]
        table.writerow([*of_run, *settings])
    return written.getvalue()


def to_text(runs: Sequence[Listed]) -> str:
    """Writes runs as columns of plain text, a line each, however long."""
    rows = [_HEAD, *map(_row, runs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _draw(runs: Sequence[Listed]) -> None:
    """Draws a table that is as wide as the terminal; on a narrow one, a run has two lines."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    rows = [_HEAD, *map(_row, runs)]
    if console.width < _ONE_LINE:
        rows = [_stacked(*row) for row in rows]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for place, name in enumerate(rows[0]):
        # A run's name is there to be copied; only what differs may be long.
        whole = place == 0 or (name != _HEAD[-1] and console.width >= _NARROW)
        table.add_column(name, overflow="fold", no_wrap=whole)
    for one, row in zip(runs, rows[1:], strict=True):
        tone = _TONES.get(one.outcome, "red")
        cells = [Text(cell) for cell in row]
        for cell in cells[1:3]:  # in one of them is the verdict
            cell.highlight_words([one.outcome], tone)
        table.add_row(*cells)
    console.print(table)


def _row(one: Listed) -> tuple[str, ...]:
    known = f"{title(one.figure)} {number(one.value, one.figure)}" if one.figure else UNKNOWN
    return (
        one.run,
        one.family,
        one.outcome,
        known,
        interval(one.low, one.high, one.figure),
        duration(one.seconds),
        ", ".join(f"{name}={text(value)}" for name, value in one.differs.items()) or UNKNOWN,
    )


def _stacked(
    run: str, family: str, outcome: str, figure: str, ends: str, time: str, differs: str
) -> tuple[str, ...]:
    return f"{run}\n{family}", f"{outcome}\n{time}", f"{figure}\n{ends}", differs
