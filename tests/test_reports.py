"""A run has a report at whatever end it comes to, and ends alike without one."""

import dataclasses
import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from components.results.report import read_report
from components.results.summary import Node, Verdict, read_summary
from pipeline import reports
from pipeline.exit_codes import ExitCode
from pipeline.run_folder import UNFINISHED, RunFolder
from pipeline.settings import Settings, make_settings
from pipeline.verdict import end
from tests import results
from tests.datasets import described

ONE, TWO, THREE = (f"20260101-00000{second}-000000" for second in (1, 2, 3))
FILES = ("report.html", "report.json", "report.md")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(output=tmp_path / "an output's", dataset=described())


def ended(settings: Settings, run_id: str, code: ExitCode = ExitCode.PUSHED) -> RunFolder:
    folder = RunFolder(settings, run_id, "run --it")
    folder.begin()
    folder.write(dataclasses.replace(results.SUMMARY, run=run_id, verdict=end(code, "/s/t/1")))
    return folder


def make(folder: RunFolder) -> reports.Made:
    return reports.make(read_summary(folder.summary), folder.path, folder.settings.output)


def test_it_lies_beside_the_summary_and_latest_leads_to_it(settings: Settings) -> None:
    folder = ended(settings, ONE)
    made = make(folder)
    assert made.line == f"report  {folder.path / 'report.html'}" and made.page
    assert all((folder.path / name).is_file() for name in FILES)
    model = settings.output / "transformer"
    for link in (model / "report.html", model / "latest" / "report.html"):
        assert link.samefile(made.page)
    report = read_report(folder.path / "report.json")
    assert report == made.report and report.summary.command == "run --it"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/f"), "no report: no room left for /f"),
        (RuntimeError("a bug"), "no report: RuntimeError: a bug"),
        (KeyboardInterrupt(), "no report: KeyboardInterrupt"),
    ],
)
def test_one_that_cannot_be_made_is_told_in_a_line(
    error: BaseException,
    words: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any) -> None:
        raise error

    folder = ended(settings, ONE)
    monkeypatch.setattr(reports, "write", fail)
    made = make(folder)
    assert made.line.startswith(words) and "\n" not in made.line
    assert made.page is made.report is None
    assert "Traceback" in capsys.readouterr().err  # which is the log's
    assert not list(folder.path.glob("report*"))


def test_a_run_that_was_killed_is_ended_by_the_next_start(settings: Settings) -> None:
    make(ended(settings, ONE))
    killed = RunFolder(settings, TWO, "run --it")
    killed.begin()
    node = Node("Trainer", "done", 1.0, "")
    begun = read_summary(killed.summary)
    killed.write(dataclasses.replace(begun, nodes=(node,), training=results.TRAINING))
    assert begun.verdict.outcome == UNFINISHED
    other = RunFolder(make_settings(model="vae", output=settings.output), THREE)
    other.begin()
    in_a_cluster = RunFolder(settings, "5f0c-2d")
    in_a_cluster.begin()
    reports.catch_up(settings.output)
    for folder in (killed, other):
        verdict = read_summary(folder.summary).verdict
        words = "killed; the same command resumes it"
        assert verdict == Verdict("killed", 137, words)
        report = read_report(folder.path / "report.json")
        assert report.summary.verdict == verdict and (folder.path / "report.html").exists()
    report = read_report(killed.path / "report.json")
    assert report.summary.nodes == (node,) and report.summary.training == results.TRAINING
    assert report.previous == ONE
    assert "run --it" in [command.line for command in report.commands]
    assert read_summary(in_a_cluster.summary).verdict.outcome == UNFINISHED
    assert not (in_a_cluster.path / "report.html").exists()
    before = killed.summary.stat().st_mtime_ns
    reports.catch_up(settings.output)
    assert killed.summary.stat().st_mtime_ns == before


def test_a_run_that_was_killed_before_its_page_gets_it(settings: Settings, tmp_path: Path) -> None:
    first, last = ended(settings, ONE), ended(settings, TWO)
    half = last.path / ".report.json.4711.part"
    half.write_text("{")
    reports.catch_up(settings.output)
    assert (last.path / "report.html").exists() and not (first.path / "report.html").exists()
    assert not half.exists()
    assert read_summary(last.summary).verdict.outcome == "pushed"
    reports.catch_up(tmp_path / "nowhere")


def test_what_cannot_be_read_keeps_no_run_from_starting(settings: Settings) -> None:
    folder = RunFolder(settings, ONE)
    folder.begin()
    folder.summary.write_bytes(b'{"outcome": "unfinished" \xff')
    reports.catch_up(settings.output)
    folder.summary.unlink()
    reports.catch_up(settings.output)
    assert not (folder.path / "report.html").exists()


def test_what_ends_a_run_keeps_what_was_known_of_it(settings: Settings) -> None:
    folder = ended(settings, ONE)
    summary = folder.conclude(end(ExitCode.FAILED, "the store is gone"))
    assert summary.nodes == results.SUMMARY.nodes and summary.verdict.outcome == "failed"
    assert read_summary(folder.summary) == summary
    folder.summary.write_text("{")
    summary = folder.conclude(end(ExitCode.FAILED, "the store is gone"))
    assert not summary.nodes and json.loads(folder.summary.read_text())["run"] == ONE


@pytest.mark.parametrize(("screen", "opened"), [("DISPLAY", True), ("", False)])
def test_the_page_is_opened_where_there_is_a_screen(
    screen: str,
    opened: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    if screen:
        monkeypatch.setitem(os.environ, screen, ":0")
    monkeypatch.setattr(reports.webbrowser, "open", asked.append)
    reports.show(tmp_path / "a page.html")
    assert asked == [f"file://{tmp_path}/a%20page.html"] * opened


def test_a_browser_that_breaks_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise OSError("no browser")

    monkeypatch.setenv("BROWSER", "x")
    monkeypatch.setattr(reports.webbrowser, "open", fail)
    reports.show(tmp_path)
