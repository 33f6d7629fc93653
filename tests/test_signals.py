"""A run that is stopped from outside writes down its end, and has the signal's exit code."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

import local_runner
from components.results.report import read_report
from components.results.summary import read_summary
from pipeline import signals
from pipeline.exit_codes import ExitCode


@pytest.fixture
def handlers() -> Any:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGHUP, ExitCode.HANGUP)],
)
def test_a_signal_stops_like_ctrl_c(number: signal.Signals, code: ExitCode, handlers: Any) -> None:
    signal.signal(number, signal.SIG_DFL)
    signals.stop_like_ctrl_c()
    with pytest.raises(KeyboardInterrupt) as stop:
        os.kill(os.getpid(), number)
    assert signals.exit_code(stop.value) == code == 128 + number


def test_a_signal_that_is_ignored_stays_so(handlers: Any) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals.stop_like_ctrl_c()
    os.kill(os.getpid(), signal.SIGHUP)


@pytest.mark.parametrize(
    ("stop", "code", "outcome"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (signals.Stopped(ExitCode.TERMINATED), 143, "terminated"),
        (RuntimeError("the disk is full"), 1, "failed"),
    ],
)
def test_the_summary_of_a_run_that_was_stopped_says_so(
    stop: BaseException,
    code: int,
    outcome: str,
    tmp_path: Path,
    make_dataset: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from pipeline.run import Run

    def raise_it(*_: object) -> None:
        raise stop

    monkeypatch.setattr(Run, "node", raise_it)
    data = make_dataset(tmp_path / "idx", train=600, test=400)
    output = tmp_path / "output"
    options = ["--data-dir", str(data), "--output", str(output), "--verbose"]
    assert local_runner.main(options) == code
    summary = read_summary(output / "transformer" / "latest" / "summary.json")
    assert (summary.verdict.outcome, summary.verdict.exit_code) == (outcome, code)
    assert outcome != "failed" or "the disk is full" in summary.verdict.reason
    report = read_report(output / "transformer" / "latest" / "report.json")
    assert report.summary == summary and summary.command.startswith(".venv/bin/python local_runner")
    page = output / "transformer" / summary.run / "report.html"
    assert capsys.readouterr().out.splitlines()[-1] == f"report  {page}"
    assert page.samefile(output / "transformer" / "report.html")
