"""Which pods are a task's, in all forms of names, and what can be read of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import kfp_server_api
import pytest

from kubeflow.client import nodes, steps
from tests.kfp import workflow
from tests.kfp.kfp_server import TASKS, KfpServer, Reply
from tests.kfp.test_follow import LAUNCHER, Followed
from tests.kfp.workflow import NAMESPACE, RUN_ID, WORKFLOW, pod_name, pod_node, run

pytestmark = [pytest.mark.usefixtures("server", "in_its_folder"), pytest.mark.timeout(60)]


@pytest.fixture(autouse=True, params=workflow.FORMS)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(workflow, "FORM", workflow.FORMS[request.param])
    return str(request.param)


def details(told: dict[str, Any]) -> list[Any]:
    """The details of a run, as kfp's client has them."""
    return [
        SimpleNamespace(
            display_name=one["display_name"],
            state=one.get("state"),
            error=None,
            start_time=None,
            end_time=None,
            state_history=[],
            child_tasks=[SimpleNamespace(**child) for child in one.get("child_tasks", [])],
        )
        for one in told["run_details"]["task_details"]
    ]


@pytest.mark.parametrize(
    ("name", "hashed"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)]
)
def test_argos_hash_is_the_published_one(name: str, hashed: int) -> None:
    assert nodes.node_id("workflow", name) == f"workflow-{hashed}"


def test_the_workflow_itself_is_not_hashed() -> None:
    assert nodes.node_id("workflow", "workflow") == "workflow"


def test_the_stock_form_is_that_of_the_facts() -> None:
    stock = workflow.FORMS["flat"]
    assert stock.executor("verdict") == f"{WORKFLOW}(0).root(0).verdict(0).executor(0)"
    assert stock.above("verdict") == f"{WORKFLOW}(0).root(0)"
    older = workflow.FORMS["flat and older"]
    assert older.executor("verdict") == f"{WORKFLOW}.root.verdict.executor"


@pytest.mark.parametrize("tries", [0, 1, 3])
def test_every_tasks_pods_are_found(form: str, tries: int) -> None:
    told = run("RUNNING", data_gate="SUCCEEDED", trainer="RUNNING", verdict="RUNNING", tries=tries)
    found = details(told)
    pods = nodes.pods_of(nodes.names_of(found, TASKS), TASKS)
    stock = not form.endswith("older")
    for task in TASKS:
        wanted = [pod_node(task, n) for n in range(tries)] if tries else [pod_node(task)]
        assert [pod.node for pod in pods[task]] == wanted, task
        assert pods[task][-1].name.startswith(f"{WORKFLOW}(0)" if stock else f"{WORKFLOW}.root")
    answer = SimpleNamespace(run_details=SimpleNamespace(task_details=found))
    counted = {task.name: task.tries for task in steps.read_tasks(answer, TASKS)}
    assert counted == dict.fromkeys(TASKS, max(1, tries))


def test_nodes_of_no_workflow_are_nobodys() -> None:
    assert nodes.pods_of(nodes.names_of([], TASKS), TASKS) == {}
    [odd] = details({"run_details": {"task_details": [{"display_name": "trainer"}]}})
    assert nodes.pods_of(nodes.names_of([odd], TASKS), TASKS) == {}


def test_a_pods_name_is_made_of_the_template_that_the_workflow_names(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", data_gate="FAILED")]
    labelled = "metadata-0-2-retry-system-container-impl"
    server.ended, server.templates = {pod_node("data-gate"): ""}, {pod_node("data-gate"): labelled}
    pod = pod_name("data-gate", labelled)
    server.live[pod] = "10:01:12 refused: \x1b[31m3\x1b[0m anomalies\n"
    followed = Followed(capsys, server)
    [asked] = server.asked("GET /k8s/pod/logs")
    assert asked.query == {"podname": pod, "runid": RUN_ID, "podnamespace": NAMESPACE}
    assert followed.end == "refused: data-gate: [31m3[0m anomalies"  # nothing a terminal obeys


@pytest.mark.parametrize("template", ["system-container-impl", "retry-system-container-impl"])
def test_without_the_workflow_both_of_kfps_templates_are_tried(
    template: str, server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.multi_user, server.ended = True, None
    server.course = [run("FAILED", trainer="FAILED", tries=2)]
    server.live[pod_name("trainer", template, 1)] = "10:01:12 failed: no room\n"
    followed = Followed(capsys, server, "--namespace", "alice")
    asked = server.asked("GET /k8s/pod/logs")
    assert asked[-1].query["podname"] == pod_name("trainer", template, 1)
    assert {seen.query["podnamespace"] for seen in asked} == {"alice"}
    assert followed.code == 1 and followed.end == "failed: trainer: no room"


@pytest.mark.parametrize("gate", ["data-gate", "verdict"])
def test_a_gate_whose_process_was_killed_did_not_refuse(
    gate: str, server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", **{gate.replace("-", "_"): "FAILED"})]
    server.ended = {pod_node(gate): "OOMKilled (exit code 137)"}
    followed = Followed(capsys, server)
    assert followed.code == 1
    assert followed.end == f"failed: {gate}: OOMKilled (exit code 137)"


def test_the_launchers_own_exit_code_says_nothing(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", data_gate="FAILED")]
    server.ended = {pod_node("data-gate"): "Error (exit code 1)"}
    followed = Followed(capsys, server)
    assert followed.code == 3 and followed.end.startswith("refused: data-gate failed; its log")


def test_the_last_task_fails_along_and_is_heard_only_where_the_other_cannot_be(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", trainer="FAILED", verdict="FAILED")]
    said = f"10:05:00 refused: training stopped in epoch 1\n{LAUNCHER}exit status 3\n"
    server.logs[pod_node("verdict")] = said
    followed = Followed(capsys, server)
    assert followed.code == 3
    assert followed.end == "refused: verdict: training stopped in epoch 1"
    server.logs[pod_node("trainer")] = f"10:01:12 failed: no room\n{LAUNCHER}exit status 1\n"
    followed = Followed(capsys, server)
    assert followed.code == 1 and followed.end == "failed: trainer: no room"


def test_a_gate_that_refused_is_named_although_the_last_task_failed_along(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", data_gate="FAILED", trainer="OMITTED", verdict="FAILED")]
    refused = f"10:01:12 refused: 3 anomalies\n{LAUNCHER}exit status 3\n"
    server.logs |= {pod_node("data-gate"): refused, pod_node("verdict"): refused}
    followed = Followed(capsys, server)
    assert followed.code == 3 and followed.end == "refused: data-gate: 3 anomalies"


@pytest.mark.parametrize("said", ["not JSON", "[]", '{"pipeline_runtime": {}}', "null"])
def test_a_workflow_that_is_none_is_done_without(
    said: str, server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", trainer="FAILED")]
    server.faults[f"GET /apis/v1beta1/runs/{RUN_ID}"] = [Reply(200, said)]
    assert Followed(capsys, server).code == 1


def test_details_have_the_fields_that_kfps_client_knows() -> None:
    known = set(kfp_server_api.V2beta1PipelineTaskDetail.attribute_map.values())
    for one in run("SUCCEEDED", trainer="SUCCEEDED")["run_details"]["task_details"]:
        assert set(one) <= known
