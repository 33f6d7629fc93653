"""A run as one HTML page that needs nothing beside it: neither network nor script.

The ids of what it shows stay the same, so that one can link to them. On the first screen:
`verdict`, `baseline`, `worst`, `changed`, `cost`, `next`; then `contents`, and a section each for
what is there: `checks`, `thresholds`; of classifiers `averages`, `forest`, where there is one,
`slices`, `confusion`, `curves`, `calibration`, `mistakes`, `suspects`, `attention`; of generators
`figures`, `slices`, `samples`, `reconstructions`, `walk`, `latents`, `classes`, `frechet`,
`neighbours`; of all `series` and `folds`, where there are, `training`, `trials`, `data`, `nodes`,
`settings`.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from components.results import words
from components.results.report import Command, Report
from components.results.sections import (
    answers,
    checks,
    classifier,
    data,
    folds,
    forest,
    generator,
    judged,
    run,
    series,
    slices,
    training,
)
from components.results.sections.section import Section

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"
_MARKS = {words.GOOD: "✓", words.BAD: "✗", words.STOPPED: "‖", words.PLAIN: ""}
_SHOWN = 5  # differences on the first screen; the others are among the settings

# In the order of the page.
_SECTIONS: tuple[Callable[[Report], Iterable[Section]], ...] = (
    checks.sections,
    judged.sections,
    classifier.averages,
    forest.sections,
    generator.figures,
    slices.sections,
    classifier.sections,
    answers.sections,
    generator.sections,
    series.sections,
    folds.sections,
    training.sections,
    data.sections,
    run.sections,
)


def render(report: Report) -> str:
    """Writes the page.

    Args:
        report: all that it shows.

    Returns:
        HTML; whatever the report holds is text in it, never markup.
    """
    return compose(
        words.name(report),
        f"run {report.summary.run}" if report.summary.run else "",
        words.verdict(report),
        [
            ("baseline", "Against the last blessed model", words.baseline(report)),
            ("worst", "Worst slice", words.worst(report)),
            ("changed", "Different from the last run", words.changed(report)),
            ("cost", "Cost", words.cost(report)),
        ],
        [section for make in _SECTIONS for section in make(report)],
        "report.json beside this page, which has the same facts",
        report.commands,
    )


def compose(
    name: str,
    aside: str,
    said: words.Said,
    glance: Sequence[tuple[str, str, words.Said]],
    sections: Sequence[Section],
    source: str,
    commands: Sequence[Command] = (),
) -> str:
    """Writes a page of the one form that all pages have.

    Args:
        name: of what it is about.
        aside: a few words after the name.
        said: its heading.
        glance: the parts of the first screen: an id, a title, and what is said.
        sections: what follows.
        source: what it is made of.
        commands: the last part of the first screen.

    Returns:
        HTML; whatever it is given is text in it, never markup.
    """
    script = _text("sort.js.j2")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            name=name,
            aside=aside,
            said=said,
            mark=_MARKS[said.tone],
            glance=glance,
            commands=commands,
            source=source,
            shown=_SHOWN,
            sections=sections,
            style=_text("style.css.j2"),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2  # only whoever makes a page needs it

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
