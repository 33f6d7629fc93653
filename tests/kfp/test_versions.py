"""What KFP keeps: a version for each content, and a schedule for each name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubeflow import submit
from tests.kfp.kfp_server import KfpServer, Reply, compiled

SCHEDULE = ("--schedule", "0 3 * * *")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return compiled(tmp_path)


def submitted(server: KfpServer, *arguments: str | Path) -> int:
    return submit.main([*map(str, arguments), "--host", server.url])


def versions_run(server: KfpServer) -> list[str]:
    references = [it["pipeline_version_reference"] for it in server.runs]
    return [reference["pipeline_version_id"] for reference in references]


def test_the_same_content_is_the_same_version(
    server: KfpServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = file.read_text()
    for text in (first, first, f"{first}# changed\n", f"{first}# changed\n", first):
        file.write_text(text)
        assert submitted(server, file) == 0
    assert len(server.experiments) == len(server.pipelines) == 1
    assert versions_run(server) == ["version-1", "version-1", "version-2", "version-2", "version-1"]
    names = [it["name"] for it in server.versions]
    assert names[0] == "triptych-vae-smoke"
    assert re.fullmatch(r"triptych-vae-smoke-[0-9a-f]{12}", names[1])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("version")]
    assert [", which KFP had already," in line for line in said] == [0, 1, 0, 1, 1]


def test_a_pipeline_that_somebody_else_made_gets_versions(server: KfpServer, file: Path) -> None:
    server.pipelines = [{"pipeline_id": "p", "display_name": "triptych-vae-smoke"}]
    for _ in range(2):
        assert submitted(server, file) == 0
    assert [it["pipeline_id"] for it in server.versions] == ["p"]


def test_a_long_name_has_room_for_the_hash(server: KfpServer, tmp_path: Path) -> None:
    name = "n" * 49 + "-" + "m" * 13
    file = compiled(tmp_path, name)
    server.pipelines = [{"pipeline_id": "p", "display_name": name}]
    assert submitted(server, file) == 0
    [version] = server.versions
    assert re.fullmatch(r"n{49}-[0-9a-f]{12}", version["name"])


@pytest.mark.parametrize("there", [False, True])
def test_two_submissions_at_once_are_one_version(
    there: bool, server: KfpServer, file: Path
) -> None:
    """The other one uploads between this one's question and its upload."""
    if there:
        server.pipelines = [{"pipeline_id": "p", "display_name": "triptych-vae-smoke"}]
    name = "_list_versions" if there else "_list_pipelines"
    original, calls = getattr(server, name), iter([lambda: submitted(server, file)])

    def answer_late(seen: object) -> Reply:
        reply: Reply = original(seen)
        next(calls, lambda: 0)()
        return reply

    setattr(server, name, answer_late)
    assert submitted(server, file) == 0
    assert len(server.pipelines) == len(server.versions) == 1 and len(server.runs) == 2


def test_a_schedule_is_a_recurring_run_of_the_version(
    server: KfpServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ui = ["--ui-host", "https://ui.example.org/pipeline"]
    assert submitted(server, file, *SCHEDULE, *ui) == 0
    [made] = server.recurring_runs
    assert made["display_name"] == "triptych-vae-smoke"
    assert made["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * *"}}
    assert made["mode"] == "ENABLE" and made["no_catchup"] is True
    assert made["pipeline_version_reference"]["pipeline_version_id"] == "version-1"
    assert not server.runs
    said = capsys.readouterr().out
    assert "https://ui.example.org/pipeline/#/recurringrun/details/schedule-1" in said
    assert "'0 0 3 * * *'" in said.splitlines()[-1] and "replaced" not in said


def test_a_schedule_of_a_name_that_there_is_is_replaced(
    server: KfpServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submitted(server, file, *SCHEDULE, "--run-name", "other") == 0
    assert submitted(server, file, *SCHEDULE, "--experiment", "elsewhere") == 0
    for hour in (3, 4, 5):
        assert submitted(server, file, "--schedule", f"0 {hour} * * *") == 0
    kept = {it["recurring_run_id"]: it["display_name"] for it in server.recurring_runs}
    own = "triptych-vae-smoke"
    assert kept == {"schedule-1": "other", "schedule-2": own, "schedule-5": own}
    assert "replaced schedule-4" in capsys.readouterr().out


def test_one_that_stays_is_told_of(
    server: KfpServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submitted(server, file, *SCHEDULE) == 0
    server.faults["DELETE /recurringruns/"] = [Reply(500, '{"message": "no database"}')]
    capsys.readouterr()
    assert submitted(server, file, *SCHEDULE) == 1
    said = capsys.readouterr().err
    assert "an earlier one may fire as well" in said and "no database" in said
    assert len(server.recurring_runs) == 2


@pytest.mark.parametrize("multi_user", [False, True])
def test_schedules_are_listed_and_ended(
    multi_user: bool, server: KfpServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.multi_user = multi_user
    who = ("--namespace", "alice") if multi_user else ()
    for name in ("one", "two", "three"):
        assert submitted(server, file, *SCHEDULE, "--run-name", name, *who) == 0
    capsys.readouterr()
    assert submitted(server, "--schedules", *who) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{name}  '0 0 3 * * *'  enabled  schedule-{n}"
        for n, name in enumerate(("one", "two", "three"), start=1)
    ]
    assert submitted(server, "--unschedule", "two", *who) == 0
    assert capsys.readouterr().out == "ended two: schedule-2\n"
    assert [it["display_name"] for it in server.recurring_runs] == ["one", "three"]


def test_what_is_not_there_cannot_be_ended(
    server: KfpServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submitted(server, "--unschedule", "x") == 2
    assert "there is no experiment 'triptych'" in capsys.readouterr().err
    assert submitted(server, file, *SCHEDULE) == 0
    capsys.readouterr()
    assert submitted(server, "--unschedule", "triptych-vae") == 2
    said = capsys.readouterr().err
    assert "unknown schedule 'triptych-vae' (did you mean triptych-vae-smoke?)" in said
    assert len(server.recurring_runs) == 1
