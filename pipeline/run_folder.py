"""The folder of one run: what was asked for, what was said, and what came of it.

    OUTPUT/MODEL/RUN/settings.toml    all settings; `--config` with it repeats the run
    OUTPUT/MODEL/RUN/summary.json     how it ended; until then, how far it has come
    OUTPUT/MODEL/RUN/report.html      the same as a page, with report.json, report.md and
                                      predictions.csv; from its end on
    OUTPUT/MODEL/RUN/gates.toml       its gates, for --gates; without any, those that it proposes
    OUTPUT/MODEL/RUN/log.txt          the screen's lines, and all that the libraries print
    OUTPUT/MODEL/latest               the run that was begun last
    OUTPUT/MODEL/summary.json         its summary
    OUTPUT/MODEL/report.html          its page

Imports nothing heavy: a run has its folder before it has TensorFlow.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path

from components.results.report import HTML
from components.results.series import Series
from components.results.stored import BadFacts
from components.results.summary import FILE, Summary, Verdict, read_summary, write_summary
from modules.util.files import write_text
from pipeline import gates_file
from pipeline.config_file import write_toml
from pipeline.exit_codes import ExitCode
from pipeline.settings import Settings, to_plain

LATEST = "latest"
UNFINISHED = "unfinished"  # the outcome of a run that goes on, or was killed


class RunFolder:
    """A run's own folder below OUTPUT/MODEL.

    Args:
        settings: of the run.
        run_id: its name.
        command: that began it; empty where nobody typed one.
        series: whose median it pushes; None for a run by itself.
    """

    def __init__(
        self, settings: Settings, run_id: str, command: str = "", series: Series | None = None
    ) -> None:
        self.settings, self.run_id, self.command = settings, run_id, command
        self.series = series
        self.path = settings.output / settings.family / run_id

    @property
    def summary(self) -> Path:
        return self.path / FILE

    @property
    def settings_file(self) -> Path:
        return self.path / "settings.toml"

    @property
    def gates(self) -> Path:
        return self.path / gates_file.FILE

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    def begin(self) -> bool:
        """Makes the folder the latest one, with a summary that says that the run has not ended.

        Returns:
            Whether it did: not for a run that has begun already, in another process.

        Raises:
            OSError: the folder cannot be written.
        """
        if self.summary.exists():
            return False
        self.path.mkdir(parents=True, exist_ok=True)
        settings = self.settings
        write_toml(settings, self.settings_file)
        if settings.gated:
            text = gates_file.to_toml(settings.gates, settings.family, settings.profile)
            write_text(self.gates, text)
        self.write(in_progress())
        _point(self.path.parent / LATEST, self.run_id)
        for name in (FILE, HTML):
            _point(self.path.parent / name, f"{LATEST}/{name}")
        return True

    def write(self, end: Summary | Verdict) -> Summary:
        """Writes summary.json, whole or not at all; of a verdict alone, with what was asked for.

        Returns:
            What is in it now.

        Raises:
            OSError: it cannot be written.
        """
        summary = self._summary_of(end) if isinstance(end, Verdict) else end
        summary = dataclasses.replace(summary, command=self.command, series=self.series)
        write_summary(self.summary, summary)
        return summary

    def conclude(self, verdict: Verdict) -> Summary:
        """Ends a run by a verdict, even if there is no room to write it down.

        Returns:
            The summary: the verdict, and what has been written down of the run so far. Where it
            could not be written, what is there stays: that the run is not finished, and goes on
            with the same command.
        """
        try:
            summary = dataclasses.replace(read_summary(self.summary), verdict=verdict)
        except (BadFacts, OSError):
            summary = self._summary_of(verdict)
        with contextlib.suppress(OSError):
            write_summary(self.summary, summary)
        return summary

    def _summary_of(self, verdict: Verdict) -> Summary:
        plain = to_plain(self.settings)
        return Summary(
            verdict=verdict,
            run=self.run_id,
            settings=plain,
            seed=self.settings.seed,
            command=self.command,
            series=self.series,
        )


def in_progress() -> Verdict:
    """What is written down of a run that has not ended."""
    reason = "the run is still in progress, or was killed; the same command resumes it"
    return Verdict(UNFINISHED, int(ExitCode.FAILED), reason)


def _point(link: Path, target: str) -> None:
    """Makes a symbolic link, or moves it, in one step."""
    part = link.with_name(f".{link.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    os.replace(part, link)
