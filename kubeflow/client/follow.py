"""Follows a run until it ends, with a line for every task that changes."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Collection
from typing import Any

from kubeflow.client import waiting
from kubeflow.client.answers import Trouble, printable
from kubeflow.client.evidence import Evidence
from kubeflow.client.steps import TaskProgress, read_tasks

ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
WORDS = {
    "PENDING": "waiting",
    "RUNNING": "running",
    "SUCCEEDED": "done",
    "FAILED": "failed",
    "SKIPPED": "skipped",
    "CANCELING": "stopping",
    "CANCELED": "canceled",
    "PAUSED": "paused",
}
_BUSY = ("PENDING", "RUNNING")
_RUN_NOTES = {"CANCELING": "the run is being canceled", "PAUSED": "the run is paused"}


class Lost(Exception):
    """Following ended before the run did."""


@dataclasses.dataclass
class Pace:
    """How often to ask, in seconds.

    Attributes:
        first: between two requests, after something has changed.
        most: between two requests, when nothing changes.
        patience: without an answer, before giving up.
        reminder: without a line on the screen, before one that says what is still running.
        start: for a pod to start, before a line says what it waits for, and before the next.
        again: for a run that is tried again to begin.
    """

    first: float = 2.0
    most: float = 15.0
    patience: float = 600.0
    reminder: float = 300.0
    start: float = 120.0
    again: float = 60.0


PACE = Pace()


@dataclasses.dataclass(frozen=True)
class End:
    """A run that has ended.

    Attributes:
        state: KFP's last word.
        canceled: it was being canceled at some point.
        tasks: as they were at the end.
    """

    state: str
    canceled: bool
    tasks: list[TaskProgress]


class Follower:
    """Asks for a run's state until it ends.

    Args:
        client: kfp's.
        sign_in: makes another client, with the credentials of that moment.
        names: of the tasks in the compiled file.
        say: prints a line.
        namespace: of the run, where KFP has many users.
        timeout: seconds to follow it at most; None for no end.
        start_timeout: seconds that a pod may take to start; None for no end.
    """

    def __init__(
        self,
        client: Any,
        sign_in: Callable[[], Any],
        names: Collection[str],
        say: Callable[[str], None],
        namespace: str | None = None,
        timeout: float | None = None,
        start_timeout: float | None = None,
    ) -> None:
        self.client = client
        self._namespace = namespace
        self._timeout, self._start_timeout = timeout, start_timeout
        self._deadline = time.monotonic() + (timeout or math.inf)
        self._waits = waiting.Clock()
        self._explained = -math.inf
        self._sign_in = sign_in
        self._names = names
        self._print = say
        self._spoke = time.monotonic()
        self._shown: dict[str, tuple[str, int]] = {}
        self._note = ""

    def follow(self, run_id: str, again: bool = False) -> End:
        """Asks until the run has ended, and prints what changes.

        Args:
            run_id: KFP's.
            again: it has ended before, and is being tried again.

        Raises:
            Lost: the run has not ended, but cannot be followed any more; the message says why.
        """
        pause, settle, canceled = PACE.first, 2, False
        old_until = time.monotonic() + PACE.again if again else 0.0
        while True:
            run = self._ask(run_id, self._deadline)
            state = str(run.state or "").upper()
            if state not in ENDED:
                old_until = 0.0
            history = [str(status.state) for status in run.state_history or []]
            canceled = canceled or state == "CANCELING" or (not again and "CANCELING" in history)
            tasks = read_tasks(run, self._names)
            old = time.monotonic() < old_until
            changed = not old and self._show(tasks, state)
            if state in ENDED and not old:
                # The server writes down a run's end before that of its last tasks.
                told = state != "FAILED" or canceled or any(t.state == "FAILED" for t in tasks)
                if told or not settle:
                    return End(state, canceled, tasks)
                settle -= 1
            elif not old:
                self._explain(run)
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise Lost(f"the run has not ended within {self._timeout:g} s")
            pause = PACE.first if changed or state in ENDED else min(pause * 1.5, PACE.most)
            time.sleep(min(pause, left))

    def _explain(self, run: Any) -> None:
        """Says what pods wait for that have not started for a while."""
        now = time.monotonic()
        waited = self._waits.longest(run, now)
        over = self._start_timeout is not None and waited >= self._start_timeout
        if not over and (waited < PACE.start or now - self._explained < PACE.start):
            return
        self._explained = now
        evidence = Evidence(self.client, run.run_id, self._namespace)
        why = waiting.reasons(evidence, waiting.has_pods(run))
        if over:
            raise Lost(f"no start within {self._start_timeout:g} s: {why}")
        self._say(f"  {'waiting':<8}  {why}")

    def _ask(self, run_id: str, deadline: float) -> Any:
        """Asks until there is an answer, once with new credentials in place of expired ones."""
        silent_since: float | None = None
        renewed, pause = False, PACE.first
        while True:
            try:
                run = self.client.get_run(run_id)
                if run.run_id != run_id:
                    raise Trouble("KFP's answer is not about this run", passing=True)
                if run.error and not run.state:
                    raise Trouble(f"KFP cannot read the run: {printable(run.error.message or '')}")
                break
            except Trouble as error:
                trouble = error
            if trouble.signed_out and not renewed:
                try:
                    self.client, renewed = self._sign_in(), True
                    continue
                except Trouble as error:
                    trouble = error if error.passing else trouble
            if not trouble.passing:
                raise Lost(str(trouble))
            now = time.monotonic()
            if silent_since is None:
                silent_since = now
                self._say(f"  {trouble}; trying again for up to {PACE.patience:.0f} s")
            if now >= min(silent_since + PACE.patience, deadline):
                raise Lost(f"{trouble}; no answer for {now - silent_since:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, PACE.most)
        if silent_since is not None:
            self._say("  KFP is answering again")
        return run

    def _show(self, tasks: list[TaskProgress], state: str) -> bool:
        """Prints what is new, and says whether anything is."""
        new = [task for task in tasks if self._shown.get(task.name) != (task.state, task.tries)]
        width = max(map(len, self._names), default=0)
        for task in new:
            self._shown[task.name] = (task.state, task.tries)
            done = sum(shown[0] == "SUCCEEDED" for shown in self._shown.values())
            line = f"  {WORDS.get(task.state, task.state.lower()):<8}  {task.name:<{width}}"
            if task.seconds is not None:
                line += f"  {task.seconds:6.0f} s"
            if task.state == "SUCCEEDED":
                line += f"   {done} of {len(self._names)}"
            elif task.tries > 1:
                line += f"  try {task.tries}"
            self._say(line.rstrip())
        note = _RUN_NOTES.get(state, "")
        if note and note != self._note:
            self._say(f"  {note}")
        changed = bool(new) or note != self._note
        self._note = note
        if time.monotonic() - self._spoke >= PACE.reminder:
            busy = [name for name, (word, _) in self._shown.items() if word in _BUSY]
            self._say(f"  {'still':<8}  {', '.join(busy) or 'no task yet'}")
        return changed

    def _say(self, line: str) -> None:
        self._print(line)
        self._spoke = time.monotonic()
