"""How a run ended, from what KFP tells its clients and from the log of the pod that failed.

KFP 2.17 does not tell a client a pod's exit code. Its launcher ends with 1 whatever the command
ended with (backend/src/v2/cmd/launcher-v2/main.go). Of a workflow's node, its API server keeps the
name, the phase and the times but not the message (NodeStatuses in
backend/src/common/util/workflow.go), so `error` in task_details and state_history stays empty. The
launcher's last words in the pod's log have it: "failed to execute component: exit status 3". KFP's
installations keep that log as an artifact. Where it cannot be read, a task's name decides.

A run that was canceled ends as FAILED there, after CANCELING (ReportWorkflowResource in
backend/src/apiserver/resource/resource_manager.go); CANCELED is what the API's words promise.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from components.results.summary import Verdict
from kubeflow.client.answers import Trouble, printable
from kubeflow.client.follow import End
from kubeflow.client.steps import TaskProgress
from kubeflow.names import GATES, REFUSING
from pipeline.exit_codes import ExitCode

PUSHED, REFUSED, FAILED, CANCELED, LOST = "pushed", "refused", "failed", "canceled", "lost"
EXIT_CODES = {
    PUSHED: ExitCode.PUSHED,
    REFUSED: ExitCode.REFUSED,
    FAILED: ExitCode.FAILED,
    CANCELED: ExitCode.FAILED,
    LOST: ExitCode.FAILED,
}

_LAST_WORDS = re.compile(r"failed to execute component: (.+)")
_OUR_WORDS = re.compile(r"^\d\d:\d\d:\d\d (refused|failed): (.+)$", re.MULTILINE)
_CODE = re.compile(r"exit (?:status|code) (\d+)")


def verdict(outcome: str, reason: str = "") -> Verdict:
    """Makes the verdict on a run, or on following it; the outcome is a key of EXIT_CODES."""
    return Verdict(outcome, EXIT_CODES[outcome], reason)


def decide(end: End, read_log: Callable[[TaskProgress], str]) -> Verdict:
    """Decides how a run ended.

    Args:
        end: what following it found.
        read_log: gives the log of a task's last pod, or "".

    Returns:
        A verdict that is REFUSED only if every task that failed did so to refuse, and none crashed.
    """
    if end.state == "SUCCEEDED":
        return verdict(PUSHED)
    if end.state == "CANCELED" or end.canceled:
        return verdict(CANCELED)
    if end.state == "SKIPPED":
        return verdict(FAILED, "KFP skipped the run")
    failed = [task for task in end.tasks if task.state == "FAILED"]
    if not failed:
        return verdict(FAILED, "KFP does not say which task failed")
    # Those that are the likelier to have crashed come first.
    failed.sort(key=lambda task: (task.name in REFUSING, task.name in GATES))
    told = (_decide_task(task, read_log) for task in failed)
    first = next(told)
    return (
        first if first.outcome == FAILED else next((v for v in told if v.outcome == FAILED), first)
    )


def _decide_task(task: TaskProgress, read_log: Callable[[TaskProgress], str]) -> Verdict:
    code, reason = _ending(read_log(task) if task.node else "", task.error)
    words = f"{task.name}: {reason}" if reason else task.name
    if task.name in GATES and code is None and not reason:
        return verdict(
            REFUSED, f"{words} failed; the reason is in its log, which cannot be read here"
        )
    refused = task.name in REFUSING and code == ExitCode.REFUSED
    return verdict(REFUSED if refused else FAILED, words)


def read_log(client: Any, run_id: str, task: TaskProgress, namespace: str | None) -> str:
    """Asks for the log of a task's last pod: KFP's API for an archived one, its UI for any.

    Args:
        client: signed in; its host may be the API alone.
        run_id: KFP's.
        task: with a pod.
        namespace: of the run, where KFP has many users.

    Returns:
        The log; "" if there is none, as when the pod never ran.
    """
    kept = f"/apis/v2beta1/runs/{run_id}/nodes/{task.node}/artifacts/main-logs:read"
    place = {"podnamespace": namespace} if namespace else {}
    live: dict[str, str] = {"podname": task.pod, "runid": run_id, **place}
    try:
        return base64.b64decode(_get(client, kept, {}, "object")["data"]).decode("utf-8", "replace")
    except (Trouble, KeyError, TypeError, ValueError):
        pass  # an older KFP, or one that keeps no logs
    try:
        log = _get(client, "/k8s/pod/logs", live, "str")
    except (Trouble, UnicodeDecodeError):
        return ""
    # What is no UI may answer with an error or a page of its own.
    return "" if log.lstrip().startswith(("<", "{")) else log


def _get(client: Any, path: str, query: dict[str, str], kind: str) -> Any:
    return client._run_api.api_client.call_api(
        path,
        "GET",
        query_params=list(query.items()),
        response_type=kind,
        auth_settings=["Bearer"],
        _return_http_data_only=True,
    )


def _ending(log: str, error: str) -> tuple[int | None, str]:
    """The exit code of a task's command and the reason, each as far as it is known."""
    launcher, ours = _LAST_WORDS.findall(log), _OUR_WORDS.findall(log)
    source = launcher[-1] if launcher else error
    codes = _CODE.findall(source)
    code = int(codes[-1]) if codes else None
    if ours:
        kind, reason = ours[-1]
        if code is None and kind == "refused":
            code = ExitCode.REFUSED
        return code, printable(reason)
    if log and not source:
        source = "its log ends without a reason, as when a pod is killed for lack of memory"
    return code, printable(source)
