"""The page of a comparison, and the line that tells it."""

from __future__ import annotations

from pathlib import Path

from components.results import page
from components.results.comparing import said
from components.results.comparing.comparison import Comparison
from components.results.comparing.sections import sections
from modules.util.files import write_text


def render(found: Comparison) -> str:
    """Writes the page: HTML that needs nothing beside it."""
    one, other = found.one, found.other
    names = [f"{side.family} {side.summary.run or side.folder.name}" for side in (one, other)]
    return page.compose(
        f"A: {names[0]}",
        f"B: {names[1]}",
        said.verdict(found),
        [
            ("ends", "How they ended", said.ends(found)),
            ("worst", "Slices", said.slices(found)),
            ("changed", "Different", said.changed(found)),
            ("cost", "Cost", said.cost(found)),
        ],
        list(sections(found)),
        "the summaries and artifacts of both runs",
    )


def write(found: Comparison) -> Path:
    """Writes the page into the folder of run B.

    Raises:
        OSError: it cannot be written.
    """
    one, other = found.one, found.other
    family = "" if one.family == other.family else f"{one.family}-"
    file = other.folder / f"against-{family}{one.folder.name}.html"
    write_text(file, render(found))
    return file


def line(found: Comparison) -> str:
    """Which run is better, in a line."""
    told = said.verdict(found)
    return f"{told.head}. {' '.join(told.lines)}"
