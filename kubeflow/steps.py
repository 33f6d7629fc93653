"""The tasks of a run as KFP's API tells of them: the compiled file's, among KFP's own steps.

The details of a run are the nodes of its Argo workflow. A task `trainer` is there as
`trainer-driver`, which prepares the pod, and `trainer`, with the pod `executor` below it; where a
task may be tried again, with `executor(0)`, `executor(1)` and so on below that. The workflow itself
and its `root` are nodes, too.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Collection, Iterator
from typing import Any

_POD = re.compile(r"executor(\(\d+\))?")
_DRIVER = "-driver"

Detail = Any  # kfp_server_api.V2beta1PipelineTaskDetail


@dataclasses.dataclass(frozen=True)
class Task:
    """A task of the compiled file, as far as it has come.

    Attributes:
        name: in the file.
        state: KFP's word; PENDING as long as its pod does not run.
        tries: how many pods it has had.
        seconds: what it took; None before its end.
        pod: the last one; "" without any.
        error: what the server says of it, if anything.
    """

    name: str
    state: str
    tries: int = 0
    seconds: float | None = None
    pod: str = ""
    error: str = ""


def read_tasks(run: Any, names: Collection[str]) -> list[Task]:
    """Finds the tasks of the compiled file among KFP's own steps.

    Args:
        run: what get_run answers.
        names: of the tasks in the file; a driver of KFP's that failed counts as its task.

    Returns:
        Those that have begun, in the order in which they did.
    """
    details = (run.run_details.task_details if run.run_details else None) or []
    by_node = {_node(detail.pod_name): detail for detail in details}
    tasks = []
    for detail in sorted(details, key=_seconds):
        name, state = detail.display_name or "", _state(detail)
        driver = name.removesuffix("-driver")
        if driver != name and driver in names and state == "FAILED":
            tasks.append(Task(driver, state, error="KFP could not prepare its pod"))
        if name not in names or not state:
            continue
        pods = sorted(_pods(detail, by_node), key=_seconds)
        if state == "RUNNING" and pods and _state(pods[-1]) == "PENDING":
            state = "PENDING"
        begin, end = _seconds(detail), _seconds(detail, "end_time")
        took = end - begin if begin and end >= begin and state in ("SUCCEEDED", "FAILED") else None
        pod = (pods[-1].pod_name or "") if pods else ""
        tasks.append(Task(name, state, len(pods), took, pod, " ".join(_errors(detail, *pods))))
    return tasks


def _pods(detail: Detail, by_node: dict[str, Detail]) -> Iterator[Detail]:
    """The pods of a task. Argo counts the tasks that come next among a pod's children."""
    for child in detail.child_tasks or []:
        found = by_node.get(_node(child.pod_name))
        if found is not None and _POD.fullmatch(found.display_name or ""):
            yield from list(_pods(found, by_node)) or [found]


def _node(pod_name: str | None) -> str:
    """What a pod's name and its node's id, either of which KFP may give, have in common."""
    return (pod_name or "").rpartition("-")[2]


def _state(detail: Detail) -> str:
    state = str(detail.state or "").upper()
    return "" if state == "RUNTIME_STATE_UNSPECIFIED" else state


def _seconds(detail: Detail, what: str = "start_time") -> float:
    """Seconds since 1970; Argo's zero time is long before that, and counts as none."""
    moment = getattr(detail, what)
    if not isinstance(moment, datetime.datetime) or moment.year <= 1970:
        return 0.0
    return moment.timestamp()


def _errors(*details: Detail) -> Iterator[str]:
    for detail in details:
        for said in (detail, *(detail.state_history or [])):
            if said.error is not None and said.error.message:
                yield said.error.message
