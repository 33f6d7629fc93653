"""How a run ended, from what KFP tells its clients and from the logs of the pods that failed.

KFP 2.17 does not tell a client a pod's exit code. Its launcher ends with 1 whatever the command
ended with (backend/src/v2/cmd/launcher-v2/main.go); its last words in the pod's log have it:
"failed to execute component: exit status 3". KFP's installations keep that log as an artifact. A
pod that was killed has no such words, but Argo's node says so: "OOMKilled (exit code 137)". Where
neither can be read, the log of the last task says how the run ended, which it found out in the
metadata store; without that one, a task's name decides.

A run that was canceled ends as FAILED there, after CANCELING (ReportWorkflowResource in
backend/src/apiserver/resource/resource_manager.go); CANCELED is what the API's words promise.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from components.results.summary import Verdict
from kubeflow.client.answers import printable
from kubeflow.client.follow import End
from kubeflow.client.steps import TaskProgress
from kubeflow.names import GATES, REFUSING, VERDICT, task_name
from pipeline.exit_codes import ExitCode

PUSHED, REFUSED, FAILED, CANCELED, LOST = "pushed", "refused", "failed", "canceled", "lost"
EXIT_CODES = {
    PUSHED: ExitCode.PUSHED,
    REFUSED: ExitCode.REFUSED,
    FAILED: ExitCode.FAILED,
    CANCELED: ExitCode.FAILED,
    LOST: ExitCode.FAILED,
}

_LAST = task_name(VERDICT)
_LAST_WORDS = re.compile(r"failed to execute component: (.+)")
_OUR_WORDS = re.compile(r"^\d\d:\d\d:\d\d (refused|failed): (.+)$", re.MULTILINE)
_CODE = re.compile(r"exit (?:status|code) (\d+)")


class Knows(Protocol):
    """What `decide` asks about a task (see kubeflow.client.evidence)."""

    def log(self, task: TaskProgress) -> str:
        """The log of its last pod, or ""."""

    def message(self, task: TaskProgress) -> str:
        """What Argo says of its last pod, or ""."""


class _Told(NamedTuple):
    verdict: Verdict
    known: bool  # whether anything but the task's name speaks for it
    may_refuse: bool


def verdict(outcome: str, reason: str = "") -> Verdict:
    """Makes the verdict on a run, or on following it; the outcome is a key of EXIT_CODES."""
    return Verdict(outcome, EXIT_CODES[outcome], reason)


def decide(end: End, evidence: Knows) -> Verdict:
    """Decides how a run ended.

    Args:
        end: what following it found.
        evidence: about the pods of the tasks that failed.

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
    # The last task fails along with any other; those that are the likelier to have crashed come
    # first.
    last = [task for task in failed if task.name == _LAST]
    first = [task for task in failed if task.name != _LAST]
    first.sort(key=lambda task: (task.name in REFUSING, task.name in GATES))
    told = [_decide_task(task, evidence) for task in first or last]
    crashed = [one for one in told if one.verdict.outcome == FAILED]
    found = next((one for one in crashed if one.known), (crashed or told)[0])
    if found.known or not (first and last):
        return found.verdict
    also = _decide_task(last[0], evidence)
    crash = also.verdict.outcome == FAILED
    return (also if also.known and (crash or found.may_refuse) else found).verdict


def _decide_task(task: TaskProgress, evidence: Knows) -> _Told:
    code, reason = _ending(evidence.log(task), task.error or evidence.message(task))
    may_refuse = task.name in REFUSING
    if code is None and not reason:
        outcome = REFUSED if task.name in GATES else FAILED
        words = f"{task.name} failed; its log, which says why, cannot be read here"
        return _Told(verdict(outcome, words), False, may_refuse)
    words = f"{task.name}: {reason}" if reason else task.name
    refused = may_refuse and code == ExitCode.REFUSED
    return _Told(verdict(REFUSED if refused else FAILED, words), True, may_refuse)


def _ending(log: str, error: str) -> tuple[int | None, str]:
    """The exit code of a task's command and the reason, each as far as it is known."""
    launcher, ours = _LAST_WORDS.findall(log), _OUR_WORDS.findall(log)
    source = launcher[-1] if launcher else error
    codes = _CODE.findall(source)
    code = int(codes[-1]) if codes else None
    if not launcher and code == ExitCode.FAILED:
        code, source = None, ""  # the launcher's own, whatever the command ended with
    if ours:
        kind, reason = ours[-1]
        if code is None and kind == "refused":
            code = ExitCode.REFUSED
        return code, printable(reason)
    if log and not source:
        source = "its log ends without a reason, as when a pod is killed for lack of memory"
    return code, printable(source)
