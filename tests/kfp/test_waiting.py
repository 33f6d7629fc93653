"""A pod that cannot start: what it waits for is said, and the wait may have an end."""

from __future__ import annotations

from typing import Any

import pytest

from kubeflow.client import follow
from kubeflow.client.nodes import node_id
from tests.kfp import workflow
from tests.kfp.kfp_server import KfpServer, Reply
from tests.kfp.test_follow import Followed
from tests.kfp.workflow import NAMESPACE, RUN_ID, WORKFLOW, pod_name, pod_node, run

pytestmark = [pytest.mark.usefixtures("server", "in_its_folder"), pytest.mark.timeout(60)]

UNBOUND = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
NO_ROOM = "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu."


@pytest.fixture(autouse=True, params=["stock", "older"])
def form(
    server: KfpServer, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "FORM", workflow.FORMS[request.param])
    monkeypatch.setattr(follow.PACE, "start", 0.05)


def stuck(server: KfpServer, message: str = NO_ROOM) -> str:
    """The Trainer's pod does not start; returns its name."""
    server.course = [run("RUNNING", trainer="RUNNING", pod="PENDING")]
    server.waiting = {pod_node("trainer"): message}
    return pod_name("trainer", "system-container-impl")


def event(reason: str, message: str, kind: str = "Warning", at: str = "") -> dict[str, str]:
    return {"type": kind, "reason": reason, "message": message, "lastTimestamp": at}


def then(server: KfpServer, seconds: int = 8, **more: Any) -> None:
    """The same for a while, then the run succeeds."""
    server.course = server.course * seconds + [run("SUCCEEDED", **more)]


def test_kubernetes_last_warning_is_told(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    pod = stuck(server, "")
    server.events[pod] = [
        event("FailedScheduling", UNBOUND, at="2026-08-22T10:02:00Z"),
        event("Scheduled", "assigned", "Normal", at="2026-08-22T10:03:00Z"),
        event("FailedScheduling", "an older one", at="2026-08-22T10:00:00Z"),
    ]
    then(server)
    followed = Followed(capsys, server)
    said = [line for line in followed.tasks if "FailedScheduling" in line]
    assert said and set(said) == {f"waiting trainer: FailedScheduling: {UNBOUND}"}
    asked = server.asked("GET /k8s/pod/events")
    assert {(one.query["podname"], one.query["podnamespace"]) for one in asked} == {
        (pod, NAMESPACE)
    }
    assert followed.code == 0


def test_argos_own_words_do_without_events(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    stuck(server)
    server.faults["GET /k8s/pod/events"] = [Reply(404, "404 page not found", "text/plain")] * 9
    then(server)
    assert f"waiting trainer: {NO_ROOM}" in Followed(capsys, server).tasks


def test_the_pod_that_prepares_a_task_is_the_tasks(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run("RUNNING", trainer="OMITTED")
    for one in told["run_details"]["task_details"]:
        if one["display_name"].startswith("trainer-driver"):
            one["state"] = "PENDING"
    server.course = [told]
    form = workflow.FORM
    driver = node_id(WORKFLOW, f"{form.above('trainer')}.trainer-driver{form.first}")
    server.waiting = {driver: "ImagePullBackOff: Back-off pulling image"}
    then(server)
    said = "waiting trainer: ImagePullBackOff: Back-off pulling image"
    assert said in Followed(capsys, server).tasks


def test_the_wait_for_a_start_may_have_an_end(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    stuck(server)
    followed = Followed(capsys, server, "--start-timeout", "0.2")
    assert followed.code == 1
    assert followed.end == (
        f"lost: no start within 0.2 s: trainer: {NO_ROOM}; the run may still be going on in the "
        "cluster"
    )


def test_a_run_that_argo_does_not_begin_is_no_silence(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [{"state": "PENDING"}]
    followed = Followed(capsys, server, "--start-timeout", "0.2")
    assert "KFP has not begun the run: is Argo's workflow controller running?" in followed.end


def test_where_nobody_knows_it_is_said_that_a_pod_waits(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    stuck(server)
    server.ended = None
    then(server)
    said = "waiting a pod has not started, and KFP does not say which"
    assert said in Followed(capsys, server).tasks


def test_a_pod_that_starts_in_time_is_not_explained(
    server: KfpServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow.PACE, "start", 30.0)
    stuck(server)
    then(server, 2, trainer="SUCCEEDED")
    assert Followed(capsys, server).tasks == ["waiting trainer", "done trainer 12 s 1 of 3"]
    assert not server.asked(f"GET /apis/v1beta1/runs/{RUN_ID}")
