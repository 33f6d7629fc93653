"""report.json: a run as its page shows it. The page is made of this and of nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from components.results.inspection import Inspection
from components.results.stored import read_facts
from components.results.summary import Summary
from modules.util.files import write_json
from modules.util.plain import to_json

FORMAT = 1
JSON, HTML, MARKDOWN, CSV = "report.json", "report.html", "report.md", "predictions.csv"

ISSUE, TIP = "issue", "tip"


@dataclasses.dataclass(frozen=True)
class Change:
    """Something that differs from another run: a setting, the code, a library, the data.

    Attributes:
        kind: setting, code, library or data.
        name: of what differs.
        before: as text; empty where it was not there.
        after: the same, of this run.
    """

    kind: str
    name: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True)
class Command:
    """A command that may come next: what it is for, and its line."""

    purpose: str
    line: str


@dataclasses.dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        code: such as TRI001; it stays the same for ever.
        kind: ISSUE or TIP.
        seen: what was seen, with the numbers.
        why: why it matters.
        todo: what to do.
    """

    code: str
    kind: str
    seen: str
    why: str
    todo: str


@dataclasses.dataclass(frozen=True)
class Image:
    """A PNG image in the page.

    Attributes:
        group: see components.results.inspection.Picture; `seen` for the images of answers.
        name: its file's, without `.png`.
        title: a few words.
        text: what is to be seen.
        png: base64.
    """

    group: str
    name: str
    title: str
    text: str
    png: str


@dataclasses.dataclass(frozen=True)
class Report:
    """All that a page shows.

    Attributes:
        format: of this file; a reader of another one has to look again.
        summary: the run; of curves as much as a page shows.
        inspection: what was seen in the model; None when it did not come so far.
        images: that the page shows.
        previous: the name of the run that `changed` compares with; empty without one.
        changed: what differs from it.
        commands: what may come next.
        findings: of the checks.
        muted: the codes of checks that were not asked.
    """

    summary: Summary
    format: int = FORMAT
    inspection: Inspection | None = None
    images: tuple[Image, ...] = ()
    previous: str = ""
    changed: tuple[Change, ...] = ()
    commands: tuple[Command, ...] = ()
    findings: tuple[Finding, ...] = ()
    muted: tuple[str, ...] = ()

    @property
    def image(self) -> Mapping[str, Image]:
        """Each image by its name."""
        return {one.name: one for one in self.images}


def write_report(file: Path, report: Report) -> None:
    """Writes report.json, whole or not at all."""
    write_json(file, to_json(report))


def read_report(file: Path) -> Report:
    """Reads a report.json.

    Raises:
        BadFacts: it is not there, or was written by another version of the project.
    """
    return read_facts(Report, file)
