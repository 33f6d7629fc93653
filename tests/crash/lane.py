"""A lane of the sweep: a folder of its own, in which runs are broken and resumed."""

from __future__ import annotations

import functools
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.crash import compare
from tests.crash.cases import EPOCHS, Case
from tests.crash.process import FULL, KILL, Ended, Fault, call, run
from tests.crash.steps import Step

_ROOM = re.compile(r"\bspace\b|\broom\b|\bfull\b", re.IGNORECASE)
_IN_TRAINING = "rename to epoch-00002.weights.h5"


class Point(NamedTuple):
    """Where a run of a case is broken: what happens, and the step that it happens at."""

    case: Case
    fault: Fault
    step: str

    def __str__(self) -> str:
        case, (kind, place, number), step = self
        return f"{kind:9} {case.name}, {place} {number}: {step}"


class Unbroken(NamedTuple):
    """What a run came to that nothing happened to: its findings, folders and steps."""

    found: dict[str, Any]
    folders: Counter[str]
    steps: list[Step]


class BrokenSweep(Exception):
    """An unbroken run did not end pushed."""


class Lane:
    """Runs cases and points in a folder of its own.

    Args:
        folder: for the runs; the output folder lies in it, under one name for all of them.
        data: what the runs read.
    """

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder, self._data = folder, data
        self._output, self._scratch = folder / "output", folder / "scratch"
        self._unbroken: dict[Case, Unbroken] = {}

    def prepare(self, case: Case) -> list[Point]:
        """Makes the unbroken run, with a copy of the folder from before each place.

        Returns:
            The points of the case, in order.

        Raises:
            BrokenSweep: it did not end pushed.
        """
        shutil.rmtree(self._output, ignore_errors=True)
        if case.after:
            self._whole(case, seed=1)
        unbroken = self._whole(case, keep=not case.killed)
        steps = unbroken.steps
        if case.killed:
            names = [step.name for step in steps if step.place == "Trainer" and step.kills]
            fault = Fault(KILL, "Trainer", 1 + names.index(_IN_TRAINING))
            shutil.rmtree(self._output)
            self._run(case, fault=fault)
            self._keep(case, "start")
            steps = self._whole(case).steps
        self._unbroken[case] = unbroken
        return [
            Point(case, Fault(kind, place, number), step.name)
            for place in case.places
            for kind in (KILL, FULL)
            for number, step in enumerate(
                (s for s in steps if s.place == place and (s.kills if kind == KILL else s.fills)), 1
            )
        ]

    def broken(self, point: Point) -> list[str]:
        """Breaks a run at a point, and resumes it.

        Returns:
            In what it is not as it has to be; nothing when all is well.
        """
        shutil.rmtree(self._output, ignore_errors=True)
        before = self._snapshot(point.case, point.fault.place)
        if before.exists():
            shutil.copytree(before, self._output, symlinks=True)
        try:
            return list(self._problems(point))
        except Exception as error:
            return [f"cannot be compared: {type(error).__name__}: {error}"]

    def keep(self, folder: Path) -> None:
        """Keeps what the last point left, for a look at it."""
        shutil.rmtree(folder, ignore_errors=True)
        for part in (self._output, self._scratch):
            if part.exists():
                shutil.copytree(part, folder / part.name, symlinks=True)

    def _problems(self, point: Point) -> Iterator[str]:
        case, family, unbroken = point.case, point.case.family, self._unbroken[point.case]
        stopped, _ = self._run(case, fault=point.fault)
        yield from _stopped_wrongly(stopped, point.fault.kind)
        epochs = self._epochs_kept(family)
        kept = self._kept(family)
        resumed, steps = self._run(case)
        if resumed.code:
            yield f"resumed, it ends with {resumed.code}: {_last_line(resumed)}"
            return
        if again := kept & {step.name.removeprefix("rename to ") for step in steps}:
            yield f"what was finished is done again: {', '.join(sorted(again))}"
        yield from self._forgotten(point)
        got = compare.found(self._output, family)
        yield from compare.differences(*_comparable(unbroken.found, got, half=0 < epochs < EPOCHS))
        yield from self._unlike(unbroken, epochs)

        ended, _ = self._run(case)
        states = compare.states(self._output, family)
        if ended.code or {*states.values()} != {"cached"}:
            yield f"the next run ends with {ended.code}, {states}"
        (self._output / family / "latest" / "unchanged.json").unlink()
        ended, _ = self._run(case)
        states = compare.states(self._output, family)
        if ended.code or {n for n, state in states.items() if state != "cached"} != {"Baseline"}:
            yield f"asked by its store, the next run ends with {ended.code}, {states}"
        yield from self._unlike(unbroken, epochs)
        check = functools.partial(_check, self._output, family, 2 if case.after else 1)
        if words := call(check, self._scratch):
            yield words

    def _kept(self, family: str) -> set[str]:
        """The files of finished trials and epochs."""
        state = self._output / "state" / family
        trials = state.glob("tuner/*/*.json")
        epochs = state.glob("trainer/*/epoch-*.weights.h5")
        return {path.name for found in (trials, epochs) for path in found}

    def _forgotten(self, point: Point) -> Iterator[str]:
        """Nodes that had finished before the fault, and were run again."""
        place, states = point.fault.place, compare.states(self._output, point.case.family)
        nodes = [*states, "end"]
        before = nodes[: nodes.index(place)] if place in nodes else []
        again = [node for node in before if node != "Baseline" and states[node] != "cached"]
        if again:
            yield f"what had finished is run again: {', '.join(again)}"

    def _unlike(self, unbroken: Unbroken, epochs: int) -> Iterator[str]:
        there = compare.folders(self._output)
        if epochs:  # the others are told of where the training went on
            there += compare.of_epochs(unbroken.folders) - there
        if more := there - unbroken.folders:
            yield f"there is more than there was: {_some(more)}"
        if less := unbroken.folders - there:
            yield f"there is less than there was: {_some(less)}"
        if left := compare.left_over(self._output):
            yield f"half-written: {', '.join(left)}"

    def _whole(self, case: Case, seed: int = 0, keep: bool = False) -> Unbroken:
        if keep:
            self._keep(case, "start")
        arrive = functools.partial(self._keep, case) if keep else None
        ended, steps = self._run(case, seed=seed, arrive=arrive)
        if ended.code:
            raise BrokenSweep(f"{case.name} ends with {ended.code}:\n{ended.screen}")
        found = compare.found(self._output, case.family)
        return Unbroken(found, compare.folders(self._output), steps)

    def _run(self, case: Case, seed: int = 0, **more: Any) -> tuple[Ended, list[Step]]:
        arguments = case.arguments(self._data, seed or case.after or 1)
        return run(arguments, self._output, self._scratch, **more)

    def _snapshot(self, case: Case, place: str) -> Path:
        return self._folder / "before" / case.name / place

    def _keep(self, case: Case, place: str) -> None:
        if self._output.exists():
            shutil.copytree(self._output, self._snapshot(case, place), symlinks=True)

    def _epochs_kept(self, family: str) -> int:
        """After how many epochs a training goes on."""
        kept = (self._output / "state" / family / "trainer").glob("*/epoch-*.weights.h5")
        return max((int(path.name.split(".")[0].split("-")[1]) for path in kept), default=0)


def _stopped_wrongly(ended: Ended, kind: str) -> Iterator[str]:
    if kind == KILL:
        if ended.code != -signal.SIGKILL:
            yield f"it was not killed, and ended with {ended.code}: {_last_line(ended)}"
        return
    if ended.code != 1:
        yield f"with a full disk it ends with {ended.code}: {_last_line(ended)}"
    if "Traceback" in ended.screen:
        yield f"with a full disk there is a traceback: {_last_line(ended)}"
    if not any(_ROOM.search(line) for line in ended.screen.splitlines()):
        yield f"with a full disk it does not say so: {_last_line(ended)}"


def _comparable(wanted: Any, got: Any, half: bool) -> tuple[Any, Any]:
    """The findings; of a training that went on in its middle, what does not depend on chance."""
    if not half:
        return wanted, got

    def without(found: Any) -> Any:
        history = {n: [len(v), *v[: EPOCHS - 1]] for n, v in found["training"]["history"].items()}
        training = {**found["training"], "history": history}
        evaluation = {name: sorted(found["evaluation"][name]) for name in ("overall", "slices")}
        return {**found, "training": training, "evaluation": evaluation}

    return without(wanted), without(got)


def _check(output: Path, family: str, versions: int) -> None:
    """Raises what is wrong with the store, or with what is served."""
    wrong = [
        *compare.unsettled(output),
        *compare.pushed_wrongly(output, family, versions),
    ]
    if wrong:
        raise AssertionError("; ".join(wrong))


def _some(names: Counter[str]) -> str:
    shown = sorted(names.elements())[:4]
    return ", ".join(shown) + (f" and {names.total() - 4} more" if names.total() > 4 else "")


def _last_line(ended: Ended) -> str:
    lines = [line for line in ended.screen.splitlines() if line.strip()]
    files = ("summary ", "log ", "report ", "no report")
    said = [line for line in lines if not line.startswith(files)]
    return said[-1] if said else f"it said nothing (exit {ended.code})"
