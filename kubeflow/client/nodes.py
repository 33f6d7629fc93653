"""The nodes of a run's Argo workflow, and which of them are a task's pods.

The details of a run are such nodes, but KFP 2.17 does not say which node a detail is, only which
ones are below it (toApiPipelineTaskDetail in backend/src/apiserver/server/api_converter.go). A
node's id is a hash of its name, and a name is made of those of the nodes above it:

    WORKFLOW.root.TASK.executor             the one pod of a task
    WORKFLOW.root.TASK.executor(0)          its first pod, where it may be tried again
    WORKFLOW(0).root(0).TASK(0).executor(0) where the controller gives every template tries, as
                                            KFP's own has done since 2.17
    ....exit-handler-1(0).TASK ...          a task of a nested DAG
    ....exit-handler-1.onExit(0).TASK ...   what runs at the end of one

So the names are tried from the top down: a name is a node's where its hash is among the ids. No
name of a pod is needed for this, which has its template's in it, and pod labels change that.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

Detail = Any  # kfp_server_api.V2beta1PipelineTaskDetail
EXECUTOR, DRIVER = "executor", "-driver"
_TRY = re.compile(r"\(\d+\)$")
_POD = re.compile(
    r".*\.(?P<task>[^.()]+)(\((?P<dag>\d+)\))?\.executor(\((?P<pod>\d+)\))?", re.ASCII
)


class Pod(NamedTuple):
    """A pod that a task has had: its Argo node's name and id."""

    name: str
    node: str


@functools.lru_cache(maxsize=1 << 16)
def node_id(workflow: str, name: str) -> str:
    """Hashes a node's name to Argo's id: FNV-1a, 32 bits (NodeID in Argo's workflow_types.go)."""
    if name == workflow:
        return name
    number = 0x811C9DC5
    for byte in name.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{workflow}-{number}"


def names_of(details: Collection[Detail], tasks: Collection[str]) -> dict[str, str]:
    """Finds the names of a run's nodes.

    Args:
        details: of the run.
        tasks: the names in the compiled file; below one of these, there are only pods.

    Returns:
        The ids of the nodes by their names, parents first.
    """
    known = {child.pod_name or "" for detail in details for child in detail.child_tasks or []}
    shown = {_TRY.sub("", detail.display_name or "") for detail in details}
    endings = (_TRY.search(detail.display_name or "") for detail in details)
    tries = sorted({ending[0] for ending in endings if ending})
    workflow = next((one.rpartition("-")[0] for one in sorted(known) if one), "")
    found, waiting = {workflow: workflow}, [workflow]
    while waiting:
        above = waiting.pop()
        for name in (*(above + again for again in tries), *_below(above, shown, tasks)):
            identity = node_id(workflow, name)
            if identity in known and name not in found:
                found[name] = identity
                waiting.append(name)
    return found


def _below(above: str, shown: Collection[str], tasks: Collection[str]) -> Iterator[str]:
    last = _TRY.sub("", above).rpartition(".")[2]
    if last in tasks:
        yield f"{above}.{EXECUTOR}"
    elif last != EXECUTOR and not last.endswith(DRIVER):
        # What runs at the end of a DAG is shown as NAME.onExit, and is below the same node.
        yield from (f"{above}.{name}" for name in shown if name and name != EXECUTOR)


def pods_of(names: dict[str, str], tasks: Collection[str]) -> dict[str, list[Pod]]:
    """Sorts the pods among a run's nodes by their tasks.

    Args:
        names: the ids of the nodes by their names.
        tasks: the names in the compiled file.

    Returns:
        The pods of each task that has had one, first to last.
    """
    found: dict[str, list[tuple[tuple[int, int], Pod]]] = {}
    for name, identity in names.items():
        parts = _POD.fullmatch(name)
        if not parts or parts["task"] not in tasks:
            continue
        if parts["pod"] is None and f"{name}(0)" in names:
            continue  # only what its tries are below
        order = (int(parts["dag"] or 0), int(parts["pod"] or 0))
        found.setdefault(parts["task"], []).append((order, Pod(name, identity)))
    return {task: [pod for _, pod in sorted(pods)] for task, pods in found.items()}
