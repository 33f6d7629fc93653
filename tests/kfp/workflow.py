"""A run's Argo workflow, as KFP's API tells of it: its details, and the workflow itself.

In both forms that KFP's installations have: the stock one since 2.17, whose controller gives every
template tries, and the older one, without. The tasks are below an exit handler, and the last one
runs at its end.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any

from kubeflow.client.nodes import node_id

RUN_ID = "4f0c1d7e-run"
WORKFLOW = "triptych-vae-smoke-x7k2p"
NAMESPACE = "kubeflow"
LAST = "verdict"
_NEVER = "0001-01-01T00:00:00Z"  # Argo's zero time, which KFP hands on
_PHASES = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "PENDING": "Pending"}


@dataclass(frozen=True)
class Form:
    """How the controller names nodes.

    Attributes:
        stock: every template has tries.
        nested: the tasks are below an exit handler, and not of the root itself.
    """

    stock: bool = True
    nested: bool = True

    @property
    def first(self) -> str:
        """What the name of a template's first try ends in."""
        return "(0)" if self.stock else ""

    @property
    def root(self) -> str:
        """The name of the root's node."""
        return f"{WORKFLOW}{self.first}.root{self.first}"

    def above(self, task: str) -> str:
        """The name of the node that a task's nodes are below."""
        if not self.nested:
            return self.root
        end = ".onExit" if task == LAST else ""
        return f"{self.root}.exit-handler-1{end}{self.first}"

    def executor(self, task: str, attempt: int | None = None) -> str:
        """The name of the node of a task's pod, or of one of its tries."""
        attempt = 0 if attempt is None and self.stock else attempt
        tried = "" if attempt is None else f"({attempt})"
        return f"{self.above(task)}.{task}{self.first}.executor{tried}"


FORMS = {
    "stock": Form(),
    "older": Form(stock=False),
    "flat": Form(nested=False),
    "flat and older": Form(stock=False, nested=False),
}
FORM = FORMS["stock"]  # of the test that is running


def run(state: str, *, pod: str = "", tries: int = 0, **tasks: str) -> dict[str, Any]:
    """A run as KFP tells of it.

    Args:
        state: of the run.
        pod: the state of the tasks' last pods, when it is another than the task's.
        tries: how many pods a task has had, where it may be tried again.
        tasks: a state each, with `_` for `-`; OMITTED for one that Argo gave up, and DRIVER for one
            whose driver failed.
    """
    tree = _Tree(FORM)
    tree.template(WORKFLOW, WORKFLOW, state)
    inner = f"{WORKFLOW}{tree.form.first}"
    tree.template(f"{inner}.root-driver", "root-driver", "SUCCEEDED", pod=True)
    tree.template(f"{inner}.root", "root", state)
    if tree.form.nested:
        tree.template(f"{tree.form.root}.exit-handler-1", "exit-handler-1", state)
        end = f"{tree.form.root}.exit-handler-1.onExit"
        tree.template(end, "exit-handler-1.onExit", state)
    for number, (name, task) in enumerate(tasks.items(), start=1):
        tree.task(name.replace("_", "-"), task, pod, tries, 100 * number)
    details = [tree.detail(name) for name in tree.nodes]
    return {"state": state, "run_details": {"task_details": details}}


def pod_node(task: str, attempt: int | None = None) -> str:
    """Argo's id of a task's pod, or of one of its tries."""
    return node_id(WORKFLOW, FORM.executor(task, attempt))


def pod_name(task: str, template: str, attempt: int | None = None) -> str:
    """The name of the same pod, as its template makes it."""
    return f"{WORKFLOW}-{template}-{pod_node(task, attempt).rpartition('-')[2]}"


def manifest(
    ended: dict[str, str], waiting: dict[str, str], templates: dict[str, str]
) -> dict[str, Any]:
    """What version 1 of the API answers: the workflow itself, as one text.

    Args:
        ended: Argo's words on pods that failed, by their nodes' ids.
        waiting: the same, of pods that have not started.
        templates: of pods, if not KFP's usual one.
    """
    form = FORM
    nodes = {
        identity: {
            "id": identity,
            "name": name,
            "type": "Pod",
            "phase": "Pending" if identity in waiting else "Failed",
            "templateName": templates.get(identity, "system-container-impl"),
            "message": message,
        }
        for identity, message in (ended | waiting).items()
        for name in _names(form)
        if node_id(WORKFLOW, name) == identity
    }
    workflow = {
        "metadata": {"name": WORKFLOW, "namespace": NAMESPACE},
        "status": {"nodes": {WORKFLOW: {"name": WORKFLOW, "type": "Retry"}, **nodes}},
    }
    return {"run": {"id": RUN_ID}, "pipeline_runtime": {"workflow_manifest": json.dumps(workflow)}}


def _names(form: Form) -> list[str]:
    tasks = ("data-gate", "trainer", LAST)
    pods = [form.executor(task, n) for task in tasks for n in (None, 0, 1, 2)]
    return [*pods, *(f"{form.above(task)}.{task}-driver{form.first}" for task in tasks)]


@dataclass
class _Tree:
    form: Form
    nodes: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def template(
        self, name: str, shown: str, state: str, number: int = 0, pod: bool = False
    ) -> None:
        """A node, and its only try where there are tries."""
        self.nodes[name] = (shown, state, number)
        if self.form.stock and state:
            self.nodes[f"{name}(0)"] = (f"{shown}(0)", state, number)

    def task(self, name: str, state: str, pod: str, tries: int, number: int) -> None:
        above = self.form.above(name)
        driver = {"DRIVER": "FAILED", "OMITTED": ""}.get(state, "SUCCEEDED")
        state = "" if state in ("DRIVER", "OMITTED") else state
        self.template(f"{above}.{name}-driver", f"{name}-driver", driver, number)
        self.template(f"{above}.{name}", name, state, number)
        if not state:
            return
        executor = f"{above}.{name}{self.form.first}.executor"
        tries = tries or int(self.form.stock)
        self.nodes[executor] = ("executor", state if tries else pod or state, number)
        for attempt in range(tries):
            own = (pod or state) if attempt == tries - 1 else "FAILED"
            self.nodes[f"{executor}({attempt})"] = (f"executor({attempt})", own, number)

    def detail(self, name: str) -> dict[str, Any]:
        """A detail. It has what it is shown as and the ids of the nodes below, not its own id."""
        shown, state, number = self.nodes[name]
        node: dict[str, Any] = {"display_name": shown, "run_id": RUN_ID, "task_id": f"{name}-uuid"}
        node |= {"start_time": _time(number), "end_time": _NEVER}
        if state in ("SUCCEEDED", "FAILED"):
            node["end_time"] = _time(number + 12)
        if state:
            node |= {"state": state, "state_history": [{"state": state}]}
        if below := [other for other in self.nodes if self._is_below(other, name)]:
            node["child_tasks"] = [{"pod_name": node_id(WORKFLOW, one)} for one in below]
        elif "executor" in shown:  # Argo: what comes next is below the pod
            following = f"{self.form.above('next')}.next-driver"
            node["child_tasks"] = [{"pod_name": node_id(WORKFLOW, following)}]
        return node

    def _is_below(self, other: str, name: str) -> bool:
        rest = other.removeprefix(name)
        if rest == other or not rest:
            return False
        return rest == "(0)" or (rest[0] in ".(" and not any(c in rest[1:] for c in ".("))


def _time(seconds: int) -> str:
    start = datetime.datetime(2026, 8, 22, 10, tzinfo=datetime.timezone.utc)
    return (start + datetime.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
