"""The commands that may come after a run: only such as exist, ready to be pasted.

Where a picture of one's own is asked about, its name is to be filled in.
"""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from components.gates import CHANGE, NO_GATES
from components.results.judged import Threshold
from components.results.report import Command
from components.results.run_names import is_local
from components.results.summary import Summary

ROOT = Path(__file__).resolve().parents[2]  # of the project, where these commands are at home
IN_CLONE = (ROOT / "pyproject.toml").is_file()  # otherwise it is installed, and ROOT is no home
PYTHON = ".venv/bin/python" if IN_CLONE else sys.executable
PROGRAM = (PYTHON, "local_runner.py") if IN_CLONE else (PYTHON, "-m", "local_runner")
SHOW = (PYTHON, "-m", "components.results")
ASK = (PYTHON, "-m", "components.ask")
SETTINGS, GATES = "settings.toml", "gates.toml"  # in a run's folder

_STOPPED = ("unfinished", "interrupted", "terminated", "hangup", "killed", "failed")
_FEW = 3  # bounds that one may think of changing; more of them, and it is the model
_DIGITS = 4  # of such a bound


def next_commands(
    summary: Summary, folder: Path, output: Path, previous: str = ""
) -> tuple[Command, ...]:
    """Lists what may come next, the likeliest first; nothing after a run in a cluster.

    Args:
        summary: of the run.
        folder: of the run.
        output: that it wrote to, where it is now.
        previous: the name of the last run before it that came to a verdict, if there is one.
    """
    if not is_local(summary.run):
        return ()
    return tuple(_next(summary, folder, output, previous))


def place(path: Path) -> str:
    """How a command names a path: from the project's folder on, where it lies in that."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _next(summary: Summary, folder: Path, output: Path, previous: str) -> Iterator[Command]:
    settings = folder / SETTINGS
    exactly = shlex.join((*PROGRAM, "--config", place(settings), "--output", place(output)))
    # In a folder that was moved, what was typed would lead to where it was.
    here = summary.settings.get("output") == str(output)
    typed = summary.command if summary.command and here else exactly
    if summary.pushed:
        yield _ask(summary, output)
    if any(failure.metric == NO_GATES for failure in summary.verdict.failures):
        accept = shlex.join(("--gates", place(folder / GATES)))
        yield Command("accept the proposed gates", f"{typed} {accept}")
    elif bounds := _within_reach(summary):
        changes = [word for name, bound in bounds for word in ("--set", f"gates.{name}={bound}")]
        names = " and ".join(name for name, _ in bounds)
        line = f"{typed} {shlex.join(changes)}"
        yield Command(f"accept what it reached, by another bound of {names}", line)
    if summary.verdict.outcome in _STOPPED:
        yield Command("go on where it ended", typed)
    elif typed != exactly:
        yield Command("run again; what has not changed comes from the cache", typed)
    if settings.is_file():
        yield Command("repeat this run exactly", exactly)
    if previous and summary.evaluation:
        pair = ("--compare", place(folder.with_name(previous)), place(folder))
        yield Command("compare it with the run before", shlex.join((*SHOW, *pair)))
    yield Command("show it again", shlex.join((*SHOW, place(output), summary.run)))


def _ask(summary: Summary, output: Path) -> Command:
    version = ("--version", Path(summary.pushed or "").name)
    if summary.evaluation and summary.evaluation.confusion:
        asked = shlex.join((*ASK, place(output), "PICTURE.png", *version))
        return Command("ask the pushed model what a picture of yours shows", asked)
    return Command(
        "have the pushed model make images",
        shlex.join((*ASK, place(output), "--sample", "64", *version)),
    )


def _within_reach(summary: Summary) -> list[tuple[str, str]]:
    """The bounds that would have let a refused model pass, where they are few and all that was."""
    refused = summary.verdict.failures
    if summary.evaluation is None or any(failure.bound is None for failure in refused):
        return []
    missed = [one for one in summary.thresholds if not one.passed]
    wanted = {(failure.metric, failure.slice, failure.kind) for failure in refused}
    if wanted != {(one.metric, one.slice, one.kind) for one in missed}:
        return []  # something else said no, too
    by_name: dict[str, list[Threshold]] = {}
    for one in missed:
        by_name.setdefault(one.name, []).append(one)
    if len(by_name) > _FEW or not all(map(_can_be_met, missed)):
        return []
    return [(name, _bound(ones)) for name, ones in by_name.items()]


def _can_be_met(one: Threshold) -> bool:
    """Whether a gate has a bound that would have let it pass; none is below 0."""
    return bool(one.name) and one.value is not None and (one.kind == CHANGE or one.value >= 0.0)


def _bound(missed: Sequence[Threshold]) -> str:
    """The strictest bound of one gate that all of its slices meet, rounded to the lenient side."""
    values = [one.value for one in missed if one.value is not None]
    if missed[0].kind == CHANGE:  # the setting says how much worse it may be, without a sign
        return _rounded(max(map(abs, values)), up=True)
    return _rounded(min(values), up=False) if missed[0].rises else _rounded(max(values), up=True)


def _rounded(value: float, up: bool) -> str:
    if value == 0.0:
        return "0"
    scale = 10.0 ** (_DIGITS - 1 - math.floor(math.log10(abs(value))))
    return f"{(math.ceil if up else math.floor)(value * scale) / scale:.10g}"
