"""What the person who started the run sees while it works."""

from __future__ import annotations

import os
import time
from typing import TextIO

from rich import progress as bars
from rich.console import Console

from modules.training.progress import Progress

_MARKS = {
    "done": "[green]done[/]",
    "cached": "[blue]cached[/]",
    "refused": "[yellow]refused[/]",
    "failed": "[red]failed[/]",
}
_QUIET_SECONDS = 20.0  # between lines of progress where nothing can be redrawn
EVERY = "TRIPTYCH_PROGRESS_SECONDS"  # the variable that says otherwise, where they can be replaced


class Screen:
    """A line a node, and below them, on a terminal, a bar for the one that works."""

    def __init__(self, file: TextIO | None = None, log: TextIO | None = None) -> None:
        """Opens the screen.

        Args:
            file: where to write; standard output by default.
            log: gets every line, too, so that it tells what the libraries' messages belong to.
        """
        self._log = log
        self.console = Console(file=file, highlight=False, soft_wrap=True)
        self._bar: bars.Progress | None = None
        self._task = bars.TaskID(0)
        self._node = ""
        self._spoken = 0.0
        self._quiet = float(os.environ.get(EVERY, _QUIET_SECONDS))

    def say(self, text: str) -> None:
        """Prints a line; rich's markup is not interpreted."""
        self.console.print(text, markup=False)
        self.note(text)

    def note(self, text: str) -> None:
        """Writes a line into the log alone."""
        if self._log:
            self._log.write(f"{text}\n")
            self._log.flush()

    def start(self, what: str) -> None:
        """Shows that something has begun, until `stop` or `finish`."""
        self._node, self._spoken = what, time.monotonic()
        if not self.console.is_terminal:
            return
        self._bar = bars.Progress(
            bars.SpinnerColumn(),
            bars.TextColumn("{task.description}"),
            bars.BarColumn(bar_width=24),
            bars.TextColumn("{task.fields[figure]}"),
            bars.TimeElapsedColumn(),
            console=self.console,
            transient=True,
            # What the libraries print is for the log, not for above the bar.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task(f"{what:<17}", total=None, figure="")
        self._bar.start()

    def show_progress(self, progress: Progress) -> None:
        """Shows how far the node is; listens to modules.training.progress."""
        figure = ", ".join(part for part in (progress.detail, progress.figure) if part)
        if progress.ended:
            self.say(f"  {self._node}: {progress.ended}")
        if self._bar:
            self._bar.update(
                self._task, completed=progress.done, total=progress.total, figure=figure
            )
        elif time.monotonic() - self._spoken > self._quiet:
            self._spoken = time.monotonic()
            self.say(f"  {self._node}: {progress.done / progress.total:4.0%} {figure}")

    def stop(self) -> None:
        """Takes the bar away."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def finish(self, node: str, state: str, seconds: float, headline: str) -> None:
        """Puts the finished node's line."""
        self.stop()
        mark = _MARKS[state] + " " * (8 - len(state))
        line = f"{node:<17}{seconds:7.1f} s  "
        self.console.print(f"  {mark}{line}", end="")
        self.console.print(headline, markup=False)
        self.note(f"  {state:<8}{line}{headline}")
