"""What can be found out about a task's last pod: its log, and what Argo says of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from kubeflow.client.answers import Trouble
from kubeflow.client.steps import TaskProgress
from kubeflow.client.workflow import Node, Workflow, ask, read_workflow

# KFP's templates for a task's pod, where the workflow cannot be asked: without tries, and with.
_TEMPLATES = ("system-container-impl", "retry-system-container-impl")


class Evidence:
    """Asks for what explains a run; what cannot be had is empty.

    Args:
        client: signed in; its host may be the API alone.
        run_id: KFP's.
        namespace: of the run, where KFP has many users.
    """

    def __init__(self, client: Any, run_id: str, namespace: str | None) -> None:
        self.client, self.run_id = client, run_id
        self._namespace = namespace
        self._workflow: Workflow | None = None
        self._asked = False

    @property
    def workflow(self) -> Workflow | None:
        """The run's workflow, asked for once; None where it cannot be had."""
        if not self._asked:
            self._workflow, self._asked = read_workflow(self.client, self.run_id), True
        return self._workflow

    @property
    def namespace(self) -> str:
        """Where the pods are; "" when that is not known."""
        return self._namespace or (self.workflow.namespace if self.workflow else "")

    def node(self, task: TaskProgress) -> Node | None:
        """The node of a task's last pod."""
        return self.workflow.nodes.get(task.node) if self.workflow else None

    def message(self, task: TaskProgress) -> str:
        """What Argo says of a task's last pod."""
        found = self.node(task)
        return found.message if found else ""

    def log(self, task: TaskProgress) -> str:
        """The log of a task's last pod: KFP's API has an archived one, its UI any.

        Returns:
            The log; "" if there is none, as when the pod never ran.
        """
        if not task.node:
            return ""
        kept = f"/apis/v2beta1/runs/{self.run_id}/nodes/{task.node}/artifacts/main-logs:read"
        try:
            data = ask(self.client, kept, {}, "object")["data"]
            return base64.b64decode(data).decode("utf-8", "replace")
        except (Trouble, KeyError, TypeError, ValueError):
            pass  # an older KFP, or one that keeps no logs
        return next(filter(None, map(self._live_log, self._pods(task))), "")

    def _pods(self, task: TaskProgress) -> Iterator[str]:
        if self.workflow:
            if (found := self.node(task)) and found.pod:
                yield found.pod
            return
        workflow, _, number = task.node.rpartition("-")
        yield from (f"{workflow}-{template}-{number}" for template in _TEMPLATES)

    def _live_log(self, pod: str) -> str:
        place = {"podnamespace": self.namespace} if self.namespace else {}
        query = {"podname": pod, "runid": self.run_id, **place}
        try:
            log = ask(self.client, "/k8s/pod/logs", query, "str")
        except (Trouble, UnicodeDecodeError):
            return ""
        # What is no UI may answer with an error or a page of its own.
        return "" if log.lstrip().startswith(("<", "{")) else log
