"""The folder of one run: what was asked for, what was said, and what came of it.

    OUTPUT/MODEL/RUN/settings.toml    all settings; `--config` with it repeats the run
    OUTPUT/MODEL/RUN/summary.json     how it ended; until then, that it has not ended
    OUTPUT/MODEL/RUN/gates.toml       its gates, for --gates; without any, those that it proposes
    OUTPUT/MODEL/RUN/log.txt          the screen's lines, and all that the libraries print
    OUTPUT/MODEL/latest               the run that was begun last
    OUTPUT/MODEL/summary.json         its summary

Imports nothing heavy: a run has its folder before it has TensorFlow.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path

from components.results.summary import FILE, Summary, Verdict, write_summary
from modules.util.files import write_text
from pipeline import gates_file
from pipeline.config_file import write_toml
from pipeline.exit_codes import ExitCode
from pipeline.settings import Settings, to_plain

LATEST = "latest"
UNFINISHED = "unfinished"  # the outcome of a run that goes on, or was killed


def new_run_id() -> str:
    """A name for a run that begins now; names are in the order of time."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.strftime("%Y%m%d-%H%M%S-%f")


class RunFolder:
    """A run's own folder below OUTPUT/MODEL.

    Args:
        settings: of the run.
        run_id: its name.
    """

    def __init__(self, settings: Settings, run_id: str) -> None:
        self.settings, self.run_id = settings, run_id
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

    def begin(self) -> None:
        """Makes the folder the latest one, with a summary that says that the run has not ended.

        Does nothing for a run that has begun already, in another process.

        Raises:
            OSError: the folder cannot be written.
        """
        if self.summary.exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        settings = self.settings
        write_toml(settings, self.settings_file)
        if settings.gated:
            text = gates_file.to_toml(settings.gates, settings.family, settings.profile)
            write_text(self.gates, text)
        reason = "the run is still in progress, or was killed; the same command resumes it"
        self.write(Verdict(UNFINISHED, int(ExitCode.FAILED), reason))
        _point(self.path.parent / LATEST, self.run_id)
        _point(self.path.parent / FILE, f"{LATEST}/{FILE}")

    def write(self, end: Summary | Verdict) -> None:
        """Writes summary.json, whole or not at all; of a verdict alone, with what was asked for.

        Raises:
            OSError: it cannot be written.
        """
        write_summary(self.summary, self._summary_of(end) if isinstance(end, Verdict) else end)

    def conclude(self, verdict: Verdict) -> Summary:
        """Ends a run by a verdict, even if there is no room to write it down.

        Returns:
            The summary. Where it could not be written, that of the start stays: that the run is
            not finished, and goes on with the same command.
        """
        summary = self._summary_of(verdict)
        with contextlib.suppress(OSError):
            write_summary(self.summary, summary)
        return summary

    def _summary_of(self, verdict: Verdict) -> Summary:
        plain = to_plain(self.settings)
        return Summary(verdict=verdict, run=self.run_id, settings=plain, seed=self.settings.seed)


def _point(link: Path, target: str) -> None:
    """Makes a symbolic link, or moves it, in one step."""
    part = link.with_name(f".{link.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    os.replace(part, link)
