"""A run that failed is taken up again by KFP, as often as was asked for; a gate's no is final."""

from __future__ import annotations

import pytest

from kubeflow.client import follow
from tests.kfp.kfp_server import KfpServer, Reply
from tests.kfp.test_follow import LAUNCHER, Followed
from tests.kfp.workflow import RUN_ID, pod_node, run

pytestmark = [pytest.mark.usefixtures("server", "in_its_folder"), pytest.mark.timeout(60)]
RETRY = f"POST /runs/{RUN_ID}:retry"


@pytest.fixture(autouse=True)
def soon(server: KfpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow.PACE, "again", 0.2)


def crashed(server: KfpServer) -> None:
    """The run's Trainer has failed, and says why."""
    server.holds = True
    log = f"10:01:12 failed: no room\n{LAUNCHER}exit status 1\n"
    server.logs[pod_node("trainer")] = log
    server.course = [run("FAILED", trainer="FAILED", verdict="FAILED")]


def test_what_failed_goes_on(server: KfpServer, capsys: pytest.CaptureFixture[str]) -> None:
    crashed(server)
    server.course += [
        run("RUNNING", data_gate="SUCCEEDED", trainer="RUNNING"),
        run("SUCCEEDED", data_gate="SUCCEEDED", trainer="SUCCEEDED", verdict="SUCCEEDED"),
    ]
    followed = Followed(capsys, server, "--retries", "2")
    assert followed.code == 0 and followed.end == "pushed"
    assert len(server.asked(RETRY)) == 1
    lines = followed.tasks
    at = lines.index("failed: trainer: no room")
    assert lines[at : at + 2] == ["failed: trainer: no room", "trying again: 1 of 2"]
    assert "running trainer" in lines[at:] and "done trainer 12 s 2 of 3" in lines[at:]


def test_what_fails_each_time_is_given_up(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed(server)
    server.course += [run("FAILED", trainer="FAILED", verdict="FAILED")] * 2
    followed = Followed(capsys, server, "--retries", "2")
    assert followed.code == 1 and followed.end == "failed: trainer: no room"
    assert len(server.asked(RETRY)) == 2


def test_a_run_that_has_not_begun_again_is_not_taken_for_its_end(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed(server)
    server.course += [run("SUCCEEDED", trainer="SUCCEEDED")]
    original = server._retry
    late = [run("FAILED", trainer="FAILED", verdict="FAILED")]

    def retry(seen: object) -> Reply:
        answer = original(seen)  # type: ignore[arg-type]
        server.course[:0] = late  # what the server still answers at first
        server.holds = False
        return answer

    server._retry = retry  # type: ignore[method-assign]
    followed = Followed(capsys, server, "--retries", "1")
    assert followed.end == "pushed" and len(server.asked(RETRY)) == 1


@pytest.mark.parametrize("gate", ["data-gate", "verdict"])
def test_a_gates_no_is_final(
    gate: str, server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.course = [run("FAILED", **{gate.replace("-", "_"): "FAILED"})]
    server.logs[pod_node(gate)] = f"10:01:12 refused: too dark\n{LAUNCHER}exit status 3\n"
    followed = Followed(capsys, server, "--retries", "5")
    assert followed.code == 3 and not server.asked(RETRY)


def test_a_canceled_run_stays_so(server: KfpServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.course = [run("CANCELING", trainer="RUNNING"), run("FAILED", trainer="FAILED")]
    assert Followed(capsys, server, "--retries", "5").end == "canceled"
    assert not server.asked(RETRY)


def test_without_the_option_nothing_is_tried_again(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed(server)
    assert Followed(capsys, server).end == "failed: trainer: no room"
    assert not server.asked(RETRY)


def test_kfp_may_refuse_to(server: KfpServer, capsys: pytest.CaptureFixture[str]) -> None:
    crashed(server)
    message = '{"message": "Workflow cannot be retried with node x in Running phase"}'
    server.faults[RETRY] = [Reply(400, message)]
    followed = Followed(capsys, server, "--retries", "1")
    assert followed.code == 1
    assert followed.end.startswith("failed: trainer: no room; KFP did not try it again: ")
    assert "in Running phase" in followed.end
