"""Pods that do not start: for how long, and what Argo and Kubernetes say that they wait for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kubeflow.client.answers import Trouble, printable
from kubeflow.client.evidence import Evidence
from kubeflow.client.nodes import DRIVER, EXECUTOR, Detail
from kubeflow.client.workflow import Node, ask

_POD = re.compile(rf"(.*{DRIVER}|{EXECUTOR})(\(\d+\))?")
_UNSTARTED = "KFP has not begun the run: is Argo's workflow controller running?"
_MOST = 3  # pods whose reasons are told


class Clock:
    """Since when each pod of a run has been waiting, by this machine's clock."""

    def __init__(self) -> None:
        self._since: dict[tuple[Any, ...], float] = {}

    def longest(self, run: Any, now: float) -> float:
        """Notes what waits.

        Args:
            run: what get_run answers.
            now: in seconds.

        Returns:
            The seconds for which the pod has waited that has waited longest, or the run itself that
            has no pod yet; 0 when none waits.
        """
        waits = {_key(one) for one in _details(run) if _is_waiting(one)}
        if not has_pods(run):
            waits.add(())
        self._since = {key: self._since.get(key, now) for key in waits}
        return max((now - since for since in self._since.values()), default=0.0)


def has_pods(run: Any) -> bool:
    """Whether a run has had any pod."""
    return any(_POD.fullmatch(one.display_name or "") for one in _details(run))


def _details(run: Any) -> list[Detail]:
    return (run.run_details.task_details if run.run_details else None) or []


def _is_waiting(detail: Detail) -> bool:
    state = str(detail.state or "").upper()
    return state == "PENDING" and bool(_POD.fullmatch(detail.display_name or ""))


def _key(detail: Detail) -> tuple[Any, ...]:
    return (detail.display_name, detail.start_time)


def reasons(evidence: Evidence, begun: bool) -> str:
    """Says what the pods wait for that have not started.

    Args:
        evidence: asked now.
        begun: whether the run has any pods.

    Returns:
        A sentence for each pod, with its task; what is known at least is that they wait.
    """
    if not begun:
        return _UNSTARTED
    workflow = evidence.workflow
    if workflow is None:
        return "a pod has not started, and KFP does not say which"
    found = [node for node in workflow.nodes.values() if node.pod and node.phase == "Pending"]
    said = list(dict.fromkeys(_reason(evidence, node) for node in found))
    more = f"; and {len(said) - _MOST} more" if len(said) > _MOST else ""
    return "; ".join(said[:_MOST]) + more or "a pod has not started"


def _reason(evidence: Evidence, node: Node) -> str:
    events = _events(evidence, node.pod)
    warning = next((one for one in reversed(events) if one.get("type") == "Warning"), None)
    why = node.message
    if warning:
        why = f"{warning.get('reason')}: {warning.get('message')}"
    return f"{_task_of(node)}: {printable(why) or 'its pod has not started'}"


def _task_of(node: Node) -> str:
    *_, above, last = ("", *(re.sub(r"\(\d+\)$", "", part) for part in node.name.split(".")))
    return above if last == EXECUTOR else last.removesuffix(DRIVER)


def _events(evidence: Evidence, pod: str) -> list[Mapping[str, Any]]:
    """Kubernetes' events of a pod, oldest first; none where the host is the API alone."""
    query = {"podname": pod, "podnamespace": evidence.namespace}
    try:
        found = ask(evidence.client, "/k8s/pod/events", query, "object")
        items: Iterable[Any] = found["items"]
        events = [one for one in items if isinstance(one, Mapping)]
    except (Trouble, KeyError, TypeError, ValueError):
        return []
    return sorted(events, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime")))
