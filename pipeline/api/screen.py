"""Where the lines of a run are shown: a terminal, a notebook, or anywhere else."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

# How far a node is, as pipeline/screen.py says it where nothing can be redrawn.
_MOVING = re.compile(r"  \w+: +\d+% ")


def is_terminal() -> bool:
    """Whether this process's standard output is a terminal, and nobody has put another file there.

    What a notebook or a test prints goes elsewhere.
    """
    try:
        return not is_notebook() and sys.stdout.fileno() == 1 and sys.stdout.isatty()
    except (AttributeError, OSError, ValueError):
        return False


def is_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def teller() -> Callable[[str], None]:
    """What is given each line of a run."""
    if is_notebook():
        return Notebook()
    if is_terminal():
        return lambda line: print_to(sys.stderr, line)
    return lambda line: print_to(sys.stdout, line)


def variables() -> dict[str, str]:
    """What a run is told of where its lines are shown, in its environment."""
    if not is_notebook():
        return {}
    from pipeline.screen import EVERY  # rich takes a while

    return {EVERY: "1"}


def print_to(file: Any, line: str) -> None:
    """Writes a line that is to be seen at once."""
    file.write(f"{line}\n")
    file.flush()


class Notebook:
    """The lines of a run in one output of a cell; the last one moves while a node works."""

    def __init__(self) -> None:
        from IPython.display import display

        self.lines: list[str] = []
        self._shown = display(self._text(), raw=True, display_id=True)

    def __call__(self, line: str) -> None:
        if self.lines and _MOVING.match(self.lines[-1]):
            self.lines.pop()
        self.lines.append(line)
        self._shown.update(self._text(), raw=True)

    def _text(self) -> dict[str, str]:
        return {"text/plain": "\n".join(self.lines) or "starting"}
