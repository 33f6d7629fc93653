"""The tasks of a run, found among KFP's own steps in what its API says of the run.

The details of a run are the nodes of its Argo workflow (see kubeflow/client/nodes.py). A task
`trainer` is there as `trainer-driver`, which prepares the pod, and `trainer`, with the pod
`executor` below it; where a task may be tried again, with `executor(0)`, `executor(1)` and so on
below that. Where every template may be, there are also `trainer(0)` and `trainer-driver(0)`. The
workflow itself, its `root` and its DAGs are nodes, too.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Collection, Iterator
from typing import Any

from kubeflow.client.nodes import DRIVER, Detail, names_of, pods_of

_POD = re.compile(r"executor(\(\d+\))?")


@dataclasses.dataclass(frozen=True)
class TaskProgress:
    """A task of the compiled file, and its progress.

    Attributes:
        name: in the file.
        state: in KFP's words; PENDING until its pod runs.
        tries: how many pods it has had.
        seconds: how long it took; None before its end.
        node: the id of its last pod's node; "" without any.
        error: what the server says of it, if anything.
    """

    name: str
    state: str
    tries: int = 0
    seconds: float | None = None
    node: str = ""
    error: str = ""


def read_tasks(run: Any, names: Collection[str]) -> list[TaskProgress]:
    """Finds the tasks of the compiled file among KFP's own steps.

    Args:
        run: what get_run answers.
        names: of the tasks in the file; a driver of KFP's that failed counts as its task.

    Returns:
        Those that have begun, in the order in which they did.
    """
    details = (run.run_details.task_details if run.run_details else None) or []
    pods = pods_of(names_of(details, names), names)
    waiting = sum(
        _state(detail) == "PENDING" and bool(_POD.fullmatch(detail.display_name or ""))
        for detail in details
    )
    tasks = []
    for detail in sorted(details, key=_seconds):
        name, state = detail.display_name or "", _state(detail)
        driver = name.removesuffix(DRIVER)
        if driver != name and driver in names and state == "FAILED":
            tasks.append(TaskProgress(driver, state, error="KFP could not prepare its pod"))
        if name not in names or not state:
            continue
        begin, end = _seconds(detail), _seconds(detail, "end_time")
        took = end - begin if begin and end >= begin and state in ("SUCCEEDED", "FAILED") else None
        had = pods.get(name, [])
        node = had[-1].node if had else ""
        tasks.append(TaskProgress(name, state, len(had), took, node, " ".join(_errors(detail))))
    # Which pod is which task's cannot be told here, but it need not be when all of them wait.
    running = [task for task in tasks if task.state == "RUNNING"]
    if running and waiting >= len(running):
        return [
            dataclasses.replace(task, state="PENDING") if task in running else task
            for task in tasks
        ]
    return tasks


def _state(detail: Detail) -> str:
    state = str(detail.state or "").upper()
    return "" if state == "RUNTIME_STATE_UNSPECIFIED" else state


def _seconds(detail: Detail, what: str = "start_time") -> float:
    """Seconds since 1970; Argo's zero time is long before that, and counts as none."""
    moment = getattr(detail, what)
    if not isinstance(moment, datetime.datetime) or moment.year <= 1970:
        return 0.0
    return moment.timestamp()


def _errors(detail: Detail) -> Iterator[str]:
    for said in (detail, *(detail.state_history or [])):
        if said.error is not None and said.error.message:
            yield said.error.message
