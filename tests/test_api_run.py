"""A run that is started from Python: what it is asked, what is shown, and how its end is told."""

import argparse
import dataclasses
import inspect
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import local_runner
from components.results.summary import Verdict
from pipeline import api
from pipeline.api import child, running, screen
from pipeline.api.command_line import settings_of, words
from pipeline.screen import EVERY
from pipeline.settings import BadSetting, make_settings
from tests.commands import HEARING_CTRL_C
from tests.conftest import PROJECT
from tests.test_api import SUMMARY, written

# What makes no sense of a run that is called: it prunes nothing, and opens no browser.
NOT_ASKED = {"help", "prune", "dry_run", "open"}


def begun(verdict: Verdict, output: Path) -> str:
    """Code of a run that ends so, after a line for its screen."""
    folder = written(output, dataclasses.replace(SUMMARY, verdict=verdict))
    link = output / "transformer" / "latest"
    return (
        "import os, sys\n"
        "print('transformer, profile smoke', flush=True)\n"
        f"os.symlink({folder.name!r}, {str(link)!r})\n"
        f"code = {verdict.exit_code}\n"
    )


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def runs_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts some code in the place of local_runner.py."""

    def put(code: str) -> None:
        (tmp_path / "local_runner.py").write_text(code)
        monkeypatch.setattr(child, "RUNNER", tmp_path / "local_runner.py")

    return put


def test_every_option_of_the_front_door_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    parsers: list[argparse.ArgumentParser] = []
    monkeypatch.setattr(
        argparse.ArgumentParser,
        "parse_args",
        lambda self, _: parsers.append(self) or argparse.Namespace(
            no_cache=False, rerun_from=None, dry_run=False, prune=False
        ),
    )  # fmt: skip
    local_runner.parse([])
    offered = {
        one.option_strings[0].lstrip("-").replace("-", "_") if "." in one.dest else one.dest
        for one in parsers[0]._actions
    }
    assert set(inspect.signature(api.run).parameters) == offered - NOT_ASKED


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {}),
        ({"model": "vae", "profile": "smoke", "seed": 0}, None),
        ({"output": Path("a b"), "data_dir": "/c"}, {"output": Path("a b"), "data_dir": "/c"}),
        ({"baseline": False}, None),
        ({"baseline": True}, None),
        ({"warm_start": True}, None),
        ({"warm_start": False}, None),
        ({"tuner_budget": 10**6, "tuner_minutes": 1.5},
         {"tuning": {"budget": 10**6, "minutes": 1.5}}),
        ({"metadata_store": "grpc://a:1"}, None),
        ({"set": {"training.epochs": 3, "data": {"train_images": None}}},
         {"training": {"epochs": 3}, "data": {"train_images": None}}),
        ({"set": {"checks.muted": ["TRI304", "TRI303"]}}, {"checks": {"muted": "TRI304 TRI303"}}),
        ({"seed": np.int64(4)}, {"seed": 4}),
        ({"hyperparameters": {"pre_norm": True, "dropout": 1e-7, "stem": "conv"}}, None),
    ],
)  # fmt: skip
def test_what_is_given_is_what_is_run(given: dict[str, Any], wanted: dict[str, Any] | None) -> None:
    assert settings_of(words(given)) == make_settings(**(given if wanted is None else wanted))


def test_files_are_given_by_one_name_or_several(tmp_path: Path) -> None:
    one, other, values = tmp_path / "one.toml", tmp_path / "-other.toml", tmp_path / "h.toml"
    one.write_text("seed = 2\ntuner = 'none'")
    other.write_text("seed = 3")
    values.write_text("layers = 4")
    settings = settings_of(words({"config": [one, str(other)], "hyperparameters": values}))
    assert (settings.seed, settings.tuner, settings.hyperparameters) == (3, "none", {"layers": 4})
    assert settings_of(words({"config": one, "set": {"seed": 9}})).seed == 9


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(BadSetting, match="hyperparameters.layers cannot be <object"):
        words({"hyperparameters": {"layers": object()}})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model": "nonesuch"}, "unknown model 'nonesuch'; choose "),
        ({"set": {"training.epoch": 1}}, "did you mean training.epochs?"),
        ({"config": "nonesuch.toml"}, "cannot read nonesuch.toml"),
        ({"seed": -1}, "seed must be a whole number from 0"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_started(
    given: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "follow", None)
    with pytest.raises(api.BadInput, match=re.escape(said)) as error:
        api.run(**given)
    assert error.value.results is None and error.value.__suppress_context__


def test_a_run_that_is_pushed_gives_its_results_and_shows_its_lines(
    output: Path, runs_code: Any, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("MINE", "kept")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.chdir(output.parent)
    told = "print(sys.argv[1:], *map(os.environ.get, ('MINE', 'FORCE_COLOR', 'MPLBACKEND')))\n"
    runs_code(begun(Verdict("pushed", 0, "/serving/1"), output) + told)
    found = api.run("transformer", output="output", no_cache=True, rerun_from="Pusher")
    assert found.verdict.outcome == "pushed" and found.folder.parent.parent == output
    shown = capsys.readouterr().out.splitlines()
    options = ["--model=transformer", "--output=output", "--no-cache", "--rerun-from=Pusher"]
    assert shown == ["transformer, profile smoke", f"{options} kept None None"]


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [
        (Verdict("refused", 3, "accuracy is .9"), api.Refused),
        (Verdict("failed", 1, "Trainer: why"), api.Failed),
        (Verdict("terminated", 143, "stopped"), api.Stopped),
        (Verdict("hangup", 129, "stopped"), api.Stopped),
        (Verdict("bad_input", 2, "no such thing"), api.BadInput),
    ],
)
def test_other_ends_are_errors_with_their_results(
    verdict: Verdict, kind: type[api.TriptychError], output: Path, runs_code: Any
) -> None:
    runs_code(begun(verdict, output) + "sys.exit(code)")
    with pytest.raises(kind, match=verdict.reason) as error:
        api.run(output=output)
    assert isinstance(error.value, api.TriptychError)
    assert error.value.results is not None and error.value.results.verdict == verdict
    if isinstance(error.value, api.Failed):
        assert error.value.log and str(error.value).endswith(f"see {error.value.log}")
    if isinstance(error.value, api.Refused):
        assert error.value.failures == verdict.failures


def test_what_is_refused_at_the_door_is_one_sentence(output: Path, runs_code: Any) -> None:
    begun(Verdict("pushed", 0), output)
    (output / "transformer" / "latest").symlink_to(SUMMARY.run)  # of an earlier run
    said = "labels has 0 bytes"
    runs_code(f"import sys; sys.stderr.write('local_runner.py: {said}\\n'); sys.exit(2)")
    with pytest.raises(api.BadInput) as error:
        api.run(output=output)
    assert str(error.value) == said and error.value.results is None
    usage = "usage: local_runner.py [-h]\\nlocal_runner.py: error: unrecognized arguments: --x"
    runs_code(f"import sys; sys.stderr.write('{usage}\\n'); sys.exit(2)")
    with pytest.raises(api.BadInput, match="^unrecognized arguments: --x$"):
        api.run(output=output)


def test_a_killed_run_has_what_it_came_to(output: Path, runs_code: Any) -> None:
    unfinished = Verdict("unfinished", 1, "in progress")
    runs_code(begun(unfinished, output) + "os.kill(os.getpid(), 9)")
    with pytest.raises(api.Killed, match="resumes it") as error:
        api.run(output=output)
    assert error.value.results and error.value.results.verdict == unfinished


def test_a_crash_that_could_not_be_written_down_is_a_failure(output: Path, runs_code: Any) -> None:
    code = begun(Verdict("unfinished", 1, "in progress"), output)
    runs_code(code + "sys.stderr.write('local_runner.py: the disk is full\\n'); sys.exit(1)")
    with pytest.raises(api.Failed, match="^the disk is full$"):
        api.run(output=output)
    runs_code("import os; os.kill(os.getpid(), 11)")
    with pytest.raises(api.Failed, match="^the run ended with code 139$"):
        api.run(output=output)


IN_ORDER = """
import time
try:
    print('ready', flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep({busy})
    print('stopped in order', flush=True)
    sys.exit(130)
"""


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """Also where the tests run in the background, whose processes are deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt(count: int, capsys: pytest.CaptureFixture[str]) -> threading.Thread:
    """Sends Ctrl-C to this process, so often, as soon as the run shows that it is ready."""

    def send() -> None:
        seen = ""
        while "ready" not in seen:
            time.sleep(0.01)
            seen += capsys.readouterr().out
        for _ in range(count):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_lets_the_run_end_in_order(
    output: Path, runs_code: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    runs_code(begun(Verdict("interrupted", 130, "stopped"), output) + IN_ORDER.format(busy=0.1))
    thread = interrupt(1, capsys)
    with pytest.raises(KeyboardInterrupt) as error:
        api.run(output=output)
    thread.join()
    assert isinstance(error.value, api.Stopped) and str(error.value) == "stopped"
    assert error.value.results and "stopped in order" in capsys.readouterr().out


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_is_not_lost_when_the_run_has_ended_meanwhile(
    output: Path, runs_code: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code = begun(Verdict("pushed", 0, "/serving/1"), output) + IN_ORDER.format(busy=0)
    runs_code(code.replace("sys.exit(130)", "sys.exit(0)"))
    thread = interrupt(1, capsys)
    with pytest.raises(api.Stopped, match="had ended, pushed: /serving/1") as error:
        api.run(output=output)
    thread.join()
    assert error.value.results and error.value.results.verdict.exit_code == 0


@pytest.mark.usefixtures("hears_ctrl_c")
def test_a_second_ctrl_c_does_not_wait(
    output: Path, runs_code: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code = begun(Verdict("unfinished", 1), output) + IN_ORDER.format(busy=60)
    runs_code(code)
    thread = interrupt(2, capsys)
    with pytest.raises(api.Killed):
        api.run(output=output)
    thread.join()


def test_a_run_ends_when_who_started_it_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    runner = tmp_path / "local_runner.py"
    runner.write_text(
        "import pathlib, signal, sys, time\n"
        f"told = pathlib.Path({str(told)!r})\n"
        "signal.signal(signal.SIGTERM, lambda *_: (told.write_text('ended'), sys.exit(143)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    code = (
        "import sys; from pathlib import Path; from pipeline.api import child, screen\n"
        "child.RUNNER = Path(sys.argv[1])\n"
        "child.follow([], lambda line: screen.print_to(sys.stdout, line))\n"
    )
    caller = subprocess.Popen(
        [*HEARING_CTRL_C, sys.executable, "-c", code, str(runner)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert caller.stdout is not None and caller.stdout.readline() == "ready\n"
    caller.kill()
    caller.communicate()
    deadline = time.monotonic() + 30
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert told.exists()


def test_on_a_terminal_the_run_draws_itself(tmp_path: Path) -> None:
    runner = tmp_path / "local_runner.py"
    runner.write_text(
        "import os, sys\n"
        "print('drawn', sys.stdout.isatty(), os.environ.get('FORCE_COLOR'))\n"
        "sys.stderr.write('complained\\n')\n"
    )
    code = (
        "import sys; from pathlib import Path; from pipeline.api import child, screen\n"
        "child.RUNNER = Path(sys.argv[1])\n"
        "ended = child.follow([], screen.teller(), screen.is_terminal())\n"
        "assert ended == child.Ended(0, 'complained', False), ended\n"
    )
    master, slave = os.openpty()
    done = subprocess.run(
        [sys.executable, "-c", code, str(runner)],
        cwd=PROJECT,
        env={**os.environ, "FORCE_COLOR": "1"},
        stdout=slave,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(slave)
    drawn = os.read(master, 1000).decode()
    os.close(master)
    assert (done.returncode, done.stderr, drawn) == (0, "complained\n", "drawn True 1\r\n")


def test_an_error_of_the_callers_screen_leaves_no_run_behind(runs_code: Any) -> None:
    runs_code("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)")
    seen: list[int] = []

    def tell(line: str) -> None:
        seen.append(int(line))
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        child.follow([], tell)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)


def test_a_notebook_shows_one_output_whose_last_line_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Shown:
        def update(self, data: dict[str, str], raw: bool) -> None:
            assert raw
            shown.append(data["text/plain"])

    import IPython.display

    monkeypatch.setattr(IPython.display, "display", lambda *_, **__: Shown())
    monkeypatch.setattr(screen, "is_notebook", lambda: True)
    assert screen.variables() == {EVERY: "1"} and not screen.is_terminal()
    tell = screen.teller()
    for line in (
        "a run",
        "  Trainer:  36% epoch 3/6",
        "  Trainer: 100% epoch 6/6",
        "  done  Trainer",
    ):
        tell(line)
    assert shown[2] == "a run\n  Trainer: 100% epoch 6/6" and shown[-1] == "a run\n  done  Trainer"


def test_neither_a_terminal_nor_a_notebook_is_here() -> None:
    assert not screen.variables() and not screen.is_terminal() and not screen.is_notebook()


def test_the_runner_is_the_projects() -> None:
    assert child.RUNNER == Path(local_runner.__file__)
    assert running.run is api.run
