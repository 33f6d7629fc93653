"""Following a run: its tasks on the screen, and the exit code that its end deserves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeflow import submit
from kubeflow.client import follow
from tests.kfp import workflow
from tests.kfp.kfp_server import LOGIN_PAGE, KfpServer, Reply
from tests.kfp.workflow import RUN_ID, pod_node, run

TOKEN = "eyJhbGciOi.hunter2hunter2"
LAUNCHER = "F0822 10:01:12.000000       1 main.go:119] failed to execute component: "


# Following is a loop: one that does not end fails soon.
pytestmark = [pytest.mark.usefixtures("server", "in_its_folder"), pytest.mark.timeout(60)]


@pytest.fixture(autouse=True, params=["stock", "older"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it in both forms of names that there are."""
    monkeypatch.setattr(workflow, "FORM", workflow.FORMS[request.param])


class Followed:
    """A submission with --wait: its exit code, its lines, and its last line."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], server: KfpServer, *options: str
    ) -> None:
        arguments = ["triptych-vae-smoke.yaml", "--host", server.url, "--wait", *options]
        self.code = submit.main(arguments)
        said = capsys.readouterr()
        assert said.err == "" and TOKEN not in said.out
        self.lines = said.out.splitlines()
        self.end = self.lines[-1]
        assert self.lines[-2] == f"run      {server.url}/#/runs/details/{RUN_ID}"

    @property
    def tasks(self) -> list[str]:
        """The lines about tasks, with single spaces."""
        return [" ".join(line.split()) for line in self.lines if line.startswith("  ")]


def test_every_change_of_a_task_is_a_line(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [
        {"state": "PENDING"},
        run("RUNNING", data_gate="RUNNING", pod="PENDING"),
        run("RUNNING", data_gate="RUNNING"),
        run("RUNNING", data_gate="RUNNING"),
        run("RUNNING", data_gate="SUCCEEDED", trainer="RUNNING"),
        run("RUNNING", data_gate="SUCCEEDED", trainer="SUCCEEDED", verdict="RUNNING"),
        run("SUCCEEDED", data_gate="SUCCEEDED", trainer="SUCCEEDED", verdict="SUCCEEDED"),
    ]
    followed = Followed(capsys, server)
    assert followed.code == 0 and followed.end == "pushed"
    assert followed.tasks == [
        "waiting data-gate",
        "running data-gate",
        "done data-gate 12 s 1 of 3",
        "running trainer",
        "done trainer 12 s 2 of 3",
        "running verdict",
        "done verdict 12 s 3 of 3",
    ]


def test_one_waiting_pod_of_two_is_nobodys(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    made = run("RUNNING", data_gate="RUNNING", trainer="RUNNING")
    pods = [it for it in made["run_details"]["task_details"] if "executor" in it["display_name"]]
    pods[-1]["state"] = "PENDING"
    server.course = [made, run("SUCCEEDED")]
    assert Followed(capsys, server).tasks == ["running data-gate", "running trainer"]


def test_a_task_without_times_has_none_on_the_screen(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    made = run("SUCCEEDED", trainer="SUCCEEDED")
    for node in made["run_details"]["task_details"]:
        node["start_time"] = "0001-01-01T00:00:00Z"
    server.course = [made]
    assert Followed(capsys, server).tasks == ["done trainer 1 of 3"]


def test_a_new_try_is_a_line(server: KfpServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.course = [
        run("RUNNING", trainer="RUNNING"),
        run("RUNNING", trainer="RUNNING", tries=2, pod="PENDING"),
        run("RUNNING", trainer="RUNNING", tries=2),
        run("SUCCEEDED", trainer="SUCCEEDED", tries=2),
    ]
    assert Followed(capsys, server).tasks == [
        "running trainer",
        "waiting trainer try 2",
        "running trainer try 2",
        "done trainer 12 s 1 of 3",
    ]


def test_a_long_silence_is_broken(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(follow.PACE, "reminder", 0.0)
    server.course = [run("RUNNING", trainer="RUNNING")] * 2 + [run("SUCCEEDED")]
    assert "still trainer" in Followed(capsys, server).tasks


@pytest.mark.parametrize("gate", ["data-gate", "verdict"])
@pytest.mark.parametrize(
    ("log", "code", "end"),
    [
        (
            f"10:01:12 refused: 3 anomalies\n{LAUNCHER}exit status 3\n",
            3,
            "refused: {}: 3 anomalies",
        ),
        (f"I0822 up\n{LAUNCHER}exit status 3\n", 3, "refused: {}: exit status 3"),
        ("10:01:12 refused: 3 anomalies\n", 3, "refused: {}: 3 anomalies"),
        (
            f"10:01:12 failed: no such store\n{LAUNCHER}exit status 1\n",
            1,
            "failed: {}: no such store",
        ),
        (f"Segmentation fault\n{LAUNCHER}signal: killed\n", 1, "failed: {}: signal: killed"),
        (f"{LAUNCHER}failed to upload: 403\n", 1, "failed: {}: failed to upload: 403"),
        ("I0822 up\n10:01:02 GPUs: none\n", 1, "failed: {}: its log ends without a reason"),
        ("", 3, "refused: {} failed; its log, which says why, cannot be read here"),
    ],
)
def test_a_gate_that_refused_is_told_from_one_that_crashed(
    server: KfpServer,
    capsys: pytest.CaptureFixture[str],
    gate: str,
    log: str,
    code: int,
    end: str,
) -> None:
    server.course = [run("FAILED", **{gate.replace("-", "_"): "FAILED"}, trainer="OMITTED")]
    if log:
        server.logs[pod_node(gate)] = log
    followed = Followed(capsys, server)
    assert followed.code == code and followed.end.startswith(end.format(gate))
    assert f"failed {gate} 12 s" in followed.tasks


@pytest.mark.parametrize(
    ("message", "code", "end"),
    [
        ("OOMKilled (exit code 137)", 1, "failed: data-gate: OOMKilled"),
        ("Back-off pulling image: ErrImagePull", 1, "failed: data-gate: Back-off pulling image"),
        ("main: Error (exit code 3)", 3, "refused: data-gate: main: Error (exit code 3)"),
    ],
)
def test_a_server_that_knows_more_is_believed(
    server: KfpServer, capsys: pytest.CaptureFixture[str], message: str, code: int, end: str
) -> None:
    made = run("FAILED", data_gate="FAILED")
    for node in made["run_details"]["task_details"]:
        if node["display_name"] == "data-gate":
            node["error"] = {"message": message}
    server.course = [made]
    followed = Followed(capsys, server)
    assert followed.code == code and followed.end.startswith(end)


def test_a_task_that_failed_is_named_with_its_last_words(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", data_gate="SUCCEEDED", trainer="FAILED", tries=2)]
    words = "10:01:12 failed: ResourceExhaustedError: out of memory"
    server.logs[pod_node("trainer", 1)] = f"epoch 1\n{words}\n{LAUNCHER}exit status 1\n"
    server.logs[pod_node("trainer", 0)] = "10:00:00 failed: the first try\n"
    followed = Followed(capsys, server)
    assert followed.code == 1
    assert followed.end == "failed: trainer: ResourceExhaustedError: out of memory"


def test_a_training_that_came_to_nothing_is_refused(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", data_gate="SUCCEEDED", trainer="FAILED")]
    words = "10:01:12 refused: training stopped in epoch 1: the loss is nan"
    server.logs[pod_node("trainer")] = f"epoch 1\n{words}\n{LAUNCHER}exit status 3\n"
    followed = Followed(capsys, server)
    assert followed.code == 3
    assert followed.end == "refused: trainer: training stopped in epoch 1: the loss is nan"


def test_a_gate_that_refuses_beside_a_failure_does_not_hide_it(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", data_gate="FAILED", trainer="FAILED")]
    server.logs[pod_node("data-gate")] = "10:01:12 refused: 3 anomalies\n"
    followed = Followed(capsys, server)
    assert followed.code == 1
    assert followed.end == "failed: trainer failed; its log, which says why, cannot be read here"


def test_a_gate_that_kfp_could_not_start_did_not_refuse(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", data_gate="DRIVER")]
    followed = Followed(capsys, server)
    assert followed.code == 1
    assert followed.end == "failed: data-gate: KFP could not prepare its pod"


@pytest.mark.parametrize(
    "course",
    [
        [run("CANCELED", trainer="CANCELED")],
        [run("CANCELING", trainer="RUNNING"), run("CANCELED", trainer="FAILED")],
        # What KFP 2.17 makes of a run that was terminated.
        [run("CANCELING", data_gate="RUNNING"), run("FAILED", data_gate="FAILED")],
        [{**run("FAILED", verdict="FAILED"), "state_history": [{"state": "CANCELING"}]}],
    ],
)
def test_a_canceled_run_ends_the_wait(
    server: KfpServer, capsys: pytest.CaptureFixture[str], course: list[Any]
) -> None:
    server.course = list(course)
    followed = Followed(capsys, server)
    assert followed.code == 1 and followed.end == "canceled"


def test_a_pause_is_said_and_a_skipped_run_is_no_success(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [{"state": "PAUSED"}, {"state": "PAUSED"}, {"state": "SKIPPED"}]
    followed = Followed(capsys, server)
    assert followed.tasks == ["the run is paused"]
    assert followed.code == 1 and followed.end.startswith("failed: KFP skipped")


def test_tasks_may_be_told_later_than_the_runs_end(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", verdict="RUNNING"), run("FAILED", verdict="FAILED")]
    assert Followed(capsys, server).code == 3
    server.course = [run("FAILED", verdict="RUNNING")]
    followed = Followed(capsys, server)
    assert followed.code == 1 and followed.end == "failed: KFP does not say which task failed"


def test_a_busy_network_is_waited_for(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    running = run("RUNNING", trainer="RUNNING")
    for trouble in (Reply(502), Reply(503), Reply(504), Reply(500), Reply(429), Reply(0)):
        server.course = [running, trouble, trouble, run("SUCCEEDED", trainer="SUCCEEDED")]
        followed = Followed(capsys, server)
        assert followed.code == 0 and followed.end == "pushed"
        assert sum("trying again for up to" in line for line in followed.lines) == 1
        assert "  KFP is answering again" in followed.lines


def test_a_server_that_stays_away_is_given_up(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("RUNNING", trainer="RUNNING"), Reply(503)]
    followed = Followed(capsys, server)
    assert followed.code == 1 and followed.end.startswith("lost: KFP failed (503); no answer for")
    assert followed.end.endswith("the run may still be going on in the cluster")


def test_an_expired_token_is_read_again_from_its_file(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("token").write_text(TOKEN)
    server.token = TOKEN

    def expire() -> None:
        server.token = "another-token"

    def expire_and_renew() -> Reply:
        Path("token").write_text("another-token")
        server.token = "another-token"
        return Reply(401)

    running = run("RUNNING", trainer="RUNNING")
    server.course = [running, expire_and_renew, running, run("SUCCEEDED", trainer="SUCCEEDED")]
    followed = Followed(capsys, server, "--token-file", "token")
    assert followed.code == 0 and followed.end == "pushed"

    Path("token").write_text(TOKEN)
    server.token = TOKEN
    server.course = [expire, running]
    followed = Followed(capsys, server, "--token-file", "token")
    assert followed.code == 1
    assert followed.end.startswith(f"lost: {server.url} does not accept the token in token (401)")
    assert "the run may still be going on" in followed.end

    Path("token").write_text(TOKEN)
    server.token = TOKEN
    server.course = [lambda: Path("token").unlink(), running]
    followed = Followed(capsys, server, "--token-file", "token")
    assert followed.code == 1 and followed.end.startswith("lost: cannot read token")


def test_a_token_of_the_environment_cannot_be_renewed(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIPTYCH_KFP_TOKEN", TOKEN)
    server.token = TOKEN

    def expire() -> Any:
        server.token = "another-token"
        return run("RUNNING", trainer="RUNNING")

    server.course = [expire, run("SUCCEEDED")]
    followed = Followed(capsys, server)
    assert followed.code == 1
    assert "does not accept the token in TRIPTYCH_KFP_TOKEN (401)" in followed.end


def test_an_expired_cookie_is_a_way_to_the_login(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIPTYCH_KFP_COOKIES", f"session={TOKEN}")
    server.cookie = TOKEN

    def expire() -> Any:
        server.cookie = "another"
        return run("RUNNING", trainer="RUNNING")

    server.course = [expire, run("SUCCEEDED")]
    followed = Followed(capsys, server)
    assert followed.code == 1 and "it asks for a login (302)" in followed.end


def test_new_credentials_that_are_refused_as_well_are_the_end(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("RUNNING"), *[Reply(401)] * 9, run("SUCCEEDED")]
    followed = Followed(capsys, server)
    assert followed.code == 1 and followed.end.startswith("lost: ")
    assert "(401)" in followed.end and "the run may still be going on" in followed.end
    assert len(server.asked(f"GET /runs/{RUN_ID}")) == 3  # with the old ones, then with the new


def test_new_credentials_may_find_a_busy_server(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy() -> Reply:
        server.faults["GET /healthz"] = [Reply(503)]
        return Reply(401)

    server.course = [busy, run("SUCCEEDED")]
    assert Followed(capsys, server).end == "pushed"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(404, '{"message": "Run 4f0c not found"}'), "Run 4f0c not found"),
        (Reply(403, "RBAC: access denied", "text/plain"), "RBAC: access denied"),
        (Reply(200, LOGIN_PAGE, "text/html"), "requires a login"),
        (Reply(200, "{}"), "not about this run; no answer for"),
        (Reply(200, f'{{"run_id": "{RUN_ID}", "created_at": "once"}}'), "cannot read the answer"),
        (
            Reply(200, f'{{"run_id": "{RUN_ID}", "error": {{"message": "Failed to parse"}}}}'),
            "Failed to parse",
        ),
    ],
)
def test_a_run_that_is_out_of_sight_is_lost(
    server: KfpServer, capsys: pytest.CaptureFixture[str], reply: Reply, words: str
) -> None:
    server.course = [run("RUNNING"), reply]
    followed = Followed(capsys, server)
    assert followed.code == 1 and followed.end.startswith("lost: ") and words in followed.end


def test_the_wait_has_an_end_when_it_is_given_one(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("RUNNING", trainer="RUNNING")]
    followed = Followed(capsys, server, "--timeout", "0.2")
    assert followed.code == 1
    assert followed.end.startswith("lost: the run has not ended within 0.2 s; the run may still be")
