"""A run on this machine, from its settings to its verdict and its report."""

from __future__ import annotations

import dataclasses
import sys
import traceback
from contextlib import nullcontext
from typing import TYPE_CHECKING

from components.results.run_names import new_run_id
from components.results.series import told
from components.results.summary import Summary
from pipeline import belonging, output_folder, proposed, reports, signals, unchanged
from pipeline.exit_codes import ExitCode
from pipeline.outcome import words
from pipeline.run_folder import RunFolder
from pipeline.screen import Screen
from pipeline.series import Part
from pipeline.settings import BadSetting
from pipeline.verdict import end

if TYPE_CHECKING:
    from pipeline.run import Run

_STOPPED = "stopped; the same command resumes it"


@dataclasses.dataclass(frozen=True)
class How:
    """What was asked for besides the settings of a run.

    Attributes:
        command: that asked for it, ready to be pasted.
        anew: nodes are run although their outputs are in the cache: all, or from one on.
        rerun_from: that one; None for all.
        verbose: the libraries' messages are shown on the screen, too.
        shows: the report is opened in the browser.
        note: a line to begin with; empty for none.
    """

    command: str
    anew: bool = False
    rerun_from: str | None = None
    verbose: bool = False
    shows: bool = False
    note: str = ""


def run(part: Part, how: How) -> Summary:
    """Runs to the end, with all of it on the screen.

    Args:
        part: the run, by itself or one of a series.
        how: what was asked for besides its settings.

    Returns:
        What is in its summary.json.

    Raises:
        BadSetting: the pipeline cannot be what was asked for; its summary and report are written.
    """
    settings = part.settings
    folder = RunFolder(settings, new_run_id(), how.command, part.series)
    quiet = nullcontext() if how.verbose else output_folder.output_to_log(folder.log)
    with quiet as terminal:
        screen = Screen(terminal, log=sys.stdout if terminal else None)
        reports.catch_up(settings.output)
        may_repeat = part.pushes and not how.anew
        same = unchanged.repeat(folder, part.key()) if may_repeat else None
        screen.say(
            f"{settings.family}, profile {settings.profile}, tuner {settings.tuner}, "
            f"data {settings.data_dir}, output {settings.output}"
            f"{f'; {part.words}' if part.words else ''}"
        )
        if how.note:
            screen.say(how.note)
        if same:
            for node in same.nodes:
                screen.finish(node.node, node.state, node.seconds, node.headline)
        elif changed := belonging.changed_since(settings, folder.run_id):
            screen.say(f"note: {changed}")
        summary = same or _run_nodes(folder, part, how, screen)
        for line in told(summary.series) if summary.series else ():
            screen.say(line)
        screen.say(str(summary.verdict))
        screen.say(f"summary {folder.summary}")
        if summary.verdict.exit_code == ExitCode.FAILED and terminal:
            screen.say(f"log     {folder.log}")
        report = reports.make(summary, folder.path, settings.output)
        screen.say(report.line)
        if proposed.lacks_gates(summary.verdict):
            screen.say("to accept the proposed gates:")
            screen.say(proposed.command(folder))
        if how.shows and report.page and part.pushes:
            reports.show(report.page)
        return summary


def _run_nodes(folder: RunFolder, part: Part, how: How, screen: Screen) -> Summary:
    """Runs every node in order, up to the first that fails or refuses; writes the summary."""
    folder.begin()
    screen.note(folder.settings_file.read_text(encoding="utf-8"))
    screen.start("starting")
    try:
        from pipeline.run import Run  # TensorFlow and TFX take some seconds

        with Run(part.settings, folder.run_id, True, folder.command, part) as run:
            if how.anew:
                run.anew(how.rerun_from)
            screen.stop()
            for lost in run.lost:
                screen.say(f"note: {lost}")
            try:
                for node_id in run.node_ids:
                    if run.node(node_id, screen).ends:
                        break
            except KeyboardInterrupt as stop:
                return _write_down(run, stop)
            return run.end()
    except BadSetting as error:
        summary = folder.conclude(end(ExitCode.BAD_INPUT, str(error)))
        reports.make(summary, folder.path, folder.settings.output)
        raise
    except KeyboardInterrupt as stop:
        return folder.conclude(end(signals.exit_code(stop), _STOPPED))
    except Exception as error:
        traceback.print_exc()  # to the log
        return folder.conclude(end(ExitCode.FAILED, words(error, folder.path)))
    finally:
        screen.stop()


def _write_down(run: Run, stop: KeyboardInterrupt) -> Summary:
    """Ends a run that is stopped, which it is even if that cannot be written down."""
    verdict = end(signals.exit_code(stop), _STOPPED)
    try:
        return run.end(verdict)
    except Exception:
        traceback.print_exc()
        return run.folder.conclude(verdict)
