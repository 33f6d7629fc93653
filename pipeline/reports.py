"""The report of a run, at whatever end it comes to; that it cannot be made changes no end."""

from __future__ import annotations

import dataclasses
import logging
import os
import traceback
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from components.results.files import write
from components.results.gather import gather
from components.results.report import HTML, Report
from components.results.run_names import is_local
from components.results.stored import BadFacts
from components.results.summary import FILE, Summary, Verdict, read_summary, write_summary
from modules.util.files import sweep
from pipeline.exit_codes import ExitCode
from pipeline.outcome import words
from pipeline.run_folder import LATEST, UNFINISHED

_log = logging.getLogger(__name__)
_LOOKED_AT = 20  # runs of each model, the newest, whether they were killed
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


@dataclasses.dataclass(frozen=True)
class Made:
    """What became of a report.

    Attributes:
        line: for the screen.
        page: that was written; None when none could be.
        report: the same; None when there is none.
    """

    line: str
    page: Path | None = None
    report: Report | None = None


def make(summary: Summary, folder: Path, output: Path) -> Made:
    """Writes the report of a run that has ended; whatever goes wrong is told, not raised.

    Args:
        summary: of the run.
        folder: of the run.
        output: that it wrote to.
    """
    try:
        gathered = gather(summary, folder, output)
        for sentence in gathered.gone:
            _log.warning("%s", sentence)
        page = write(folder, gathered)
    except (Exception, KeyboardInterrupt) as error:  # the run has come to its end without it
        traceback.print_exc()
        return Made(f"no report: {words(error, folder)}")
    return Made(f"report  {page}", page, gathered.report)


def catch_up(output: Path) -> None:
    """Ends the runs of an output folder that were killed, and gives them their report.

    Args:
        output: used by no other run of this machine; runs of a cluster are none of its business.
    """
    for latest in sorted(output.glob(f"*/{LATEST}")):
        for folder in _killed(latest.parent):
            try:
                summary = dataclasses.replace(read_summary(folder / FILE), verdict=_verdict())
                make(summary, folder, output)
                write_summary(folder / FILE, summary)  # last: it is what tells that this is done
            except (BadFacts, OSError) as error:
                _log.warning("%s", error)
        _finish(latest.resolve(), output)


def _finish(folder: Path, output: Path) -> None:
    """Makes the page of the latest run, if it was killed when all but that was done."""
    if (folder / HTML).exists() or not is_local(folder.name):
        return
    try:
        summary = read_summary(folder / FILE)
    except (BadFacts, OSError) as error:
        _log.warning("%s", error)
        return
    sweep(folder)  # of a report that was being written
    make(summary, folder, output)


def _killed(model: Path) -> Iterator[Path]:
    names = sorted((path.name for path in model.iterdir() if is_local(path.name)), reverse=True)
    for name in names[:_LOOKED_AT]:
        try:
            text = (model / name / FILE).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if f'"outcome": "{UNFINISHED}"' in text:
            yield model / name


def _verdict() -> Verdict:
    code = ExitCode.KILLED
    return Verdict(code.name.lower(), int(code), "killed; the same command resumes it")


def show(page: Path) -> None:
    """Opens a page in the browser; does nothing where there is no screen to open it on."""
    if not any(os.environ.get(name) for name in _SCREENS):
        return  # a browser for terminals would take this one
    try:
        webbrowser.open(page.absolute().as_uri())
    except Exception:
        traceback.print_exc()  # to the log
