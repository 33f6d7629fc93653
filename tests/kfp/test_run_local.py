"""The parts of executing a compiled file here; the whole is `make kubeflow-local`."""

import contextlib
import io
import shutil
import sys
from pathlib import Path

import pytest

from components.results.summary import Summary, Verdict, write_summary
from kubeflow import run_local
from kubeflow.names import place
from pipeline.config_file import read_config
from tests.kfp import plans

SMALL = plans.make_plan(only=("MnistExampleGen",))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("compiled") / "a.yaml"
    plans.compile_to(file, SMALL)
    return file


@pytest.fixture
def file(tmp_path: Path, compiled: Path) -> Path:
    """A compiled file in a folder of its own."""
    return Path(shutil.copy(compiled, tmp_path))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What main starts: each only says that it was asked for."""
    asked: list[str] = []
    monkeypatch.setenv("TRIPTYCH_APP", "")
    monkeypatch.setenv("TRIPTYCH_VOLUME", "")
    monkeypatch.setattr(run_local, "execute", lambda *_: asked.append("execute") or True)
    monkeypatch.setattr(run_local, "run_runner", lambda *_: asked.append("runner"))
    monkeypatch.setattr(run_local, "metadata_server", lambda *_: contextlib.nullcontext())
    return asked


def pretend(
    monkeypatch: pytest.MonkeyPatch,
    succeeded: bool,
    here: Summary | None,
    there: Summary | None = None,
) -> None:
    """Makes the two ways of running end with these summaries."""

    def execute(file: Path, python: str, root: Path, log: Path) -> bool:
        summary = log.parent / "output" / "transformer" / "summary.json"
        assert summary.parent.is_dir() and not summary.exists()
        if here:
            write_summary(summary, here)
        return succeeded

    monkeypatch.setattr(run_local, "execute", execute)
    monkeypatch.setattr(run_local, "run_runner", lambda *_: there)


def ended(outcome: str, code: int) -> Summary:
    return Summary(Verdict(outcome, code, "why"))


@pytest.mark.parametrize(
    ("succeeded", "here", "there", "code", "words"),
    [
        (True, ended("pushed", 0), ended("pushed", 0), 0, "same as local_runner.py"),
        (False, ended("refused", 3), ended("refused", 3), 3, "refused: why"),
        (True, ended("pushed", 0), ended("refused", 3), 1, "differs: the verdicts are pushed and"),
        (True, ended("pushed", 0), None, 1, "pushed: why"),
        (True, ended("refused", 3), ended("refused", 3), 1, "the verdict and kfp disagree"),
        (False, ended("pushed", 0), ended("pushed", 0), 1, "the verdict and kfp disagree"),
        (False, None, None, 1, "failed: a task failed, and the log says why"),
    ],
)
def test_how_it_ends(
    succeeded: bool,
    here: Summary | None,
    there: Summary | None,
    code: int,
    words: str,
    runs: list[str],
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stale = file.parent / "a" / "output" / "transformer" / "summary.json"
    write_summary(stale, ended("pushed", 0))
    pretend(monkeypatch, succeeded, here, there)
    assert run_local.main([str(file), "--tfx-python", sys.executable]) == code
    assert words in capsys.readouterr().out


def test_the_comparison_can_be_left_out(
    runs: list[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, False, ended("refused", 3), ended("pushed", 0))
    options = ["--no-compare", "--volume", str(file.parent / "b"), "--tfx-python", sys.executable]
    assert run_local.main([str(file), *options]) == 3


def test_what_is_missing_or_has_a_problem_is_not_executed(
    runs: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*arguments: str) -> str:
        assert run_local.main([*arguments]) == 2
        return capsys.readouterr().err

    assert said(f"{file}.yaml") == f"kubeflow/run_local.py: there is no file {file}.yaml\n"
    assert "/no/such/python does not run" in said(str(file), "--tfx-python", "/no/such/python")
    file.write_text(file.read_text().replace(plans.IMAGE, "triptych:latest"))
    problem = "task mnist-example-gen: the image 'triptych:latest' does not say"
    assert f"{file}: {problem}" in said(str(file), "--tfx-python", sys.executable)
    assert runs == [] and list(file.parent.iterdir()) == [file]


def test_settings_are_those_of_the_tasks(file: Path) -> None:
    assert run_local.settings_of(file) == SMALL["settings"]


def test_the_runner_is_given_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_APP", "/here")
    settings = {
        **plans.make_plan()["settings"],
        "data": {"train_images": "all", "test_images": 5},
        "hyperparameters": {"rate": 1.0, "small": 1e-05, "stem": "conv", "norm": False},
    }
    output = tmp_path / "it's" / "local_runner"
    python = tmp_path / "python"
    python.write_text(f"#!{shutil.which('sh')}\n" + 'cp "$3" "$0.toml"; echo "$1 $2" >"$0.said"\n')
    python.chmod(0o755)
    assert run_local.run_runner(str(python), settings, output) is None  # it leaves no summary
    assert (tmp_path / "python.said").read_text() == "local_runner.py --config\n"
    assert read_config(str(tmp_path / "python.toml")).values == {
        **settings,
        "data_dir": "/here/data/mnist",
        "output": str(output),
        "metadata_store": "none",
    }


def test_paths_lead_to_what_stands_in_for_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_APP", "/here")
    monkeypatch.setenv("TRIPTYCH_VOLUME", "/there")
    here = run_local.settings_here(plans.make_plan()["settings"], Path("/out"))
    assert (here["data_dir"], here["output"]) == ("/here/data/mnist", "/out")
    assert place("/mnt/triptych") == "/there"
    assert [place(path) for path in ("/application", "/mnt/triptych2", "grpc://a:1")] == [
        "/application",
        "/mnt/triptych2",
        "grpc://a:1",
    ]


def test_a_person_sees_what_pods_say_and_the_log_has_all() -> None:
    log, seen = io.StringIO(), io.StringIO()
    screen = run_local._Screen(log, seen)
    text = (
        "12:00:00 devices: 2 CPU cores, GPUs: none\nI0000 loading\n"
        "  done    StatisticsGen    1.2 s  3 splits\n  done\n"
        "12:00:09 refused: no\nrefused by others\n12:00:10 failed: why\nno end"
    )
    for start in range(0, len(text), 7):
        piece = text[start : start + 7]
        assert screen.write(piece) == len(piece)
    screen.flush()
    assert log.getvalue() == text
    assert seen.getvalue().splitlines() == [
        "  12:00:00 devices: 2 CPU cores, GPUs: none",
        "  done    StatisticsGen    1.2 s  3 splits",
        "  12:00:09 refused: no",
        "  12:00:10 failed: why",
    ]


def test_no_metadata_server_is_started_for_a_file_that_names_none(tmp_path: Path) -> None:
    settings = SMALL["settings"]
    with run_local.metadata_server(
        "/no/such/python", {**settings, "metadata_store": "none"}, tmp_path
    ):
        pass
    with pytest.raises(OSError), run_local.metadata_server("/no/such/python", settings, tmp_path):
        pass


ENDS = """#!{shell}
# Stands for the interpreter of the tasks: notes which task it was asked for, and fails one of them.
for word in "$@"; do case "$word" in *'"node_id": "'*) found=$word;; esac; done
node=${{found##*'"node_id": "'}}; node=${{node%%'"'*}}
echo "$node" >>{folder}/asked
test "$node" != "{fails}"
"""


@pytest.mark.parametrize(
    ("fails", "asked"),
    [
        ("", ["MnistExampleGen", "DataGate", "Pusher", "Verdict"]),
        ("DataGate", ["MnistExampleGen", "DataGate", "Verdict"]),
        ("Verdict", ["MnistExampleGen", "DataGate", "Pusher", "Verdict"]),
    ],
)
def test_the_last_task_runs_last_and_at_any_end(
    fails: str, asked: list[str], tmp_path: Path
) -> None:
    file, python = tmp_path / "a.yaml", tmp_path / "python"
    plan = plans.make_plan(only=("MnistExampleGen", "DataGate", "Pusher"))
    for node, upstream in zip(plan["nodes"][1:], ("MnistExampleGen", "DataGate"), strict=True):
        node |= {"upstream": [upstream], "shows": "node"}
    plans.compile_to(file, plan)
    text = ENDS.format(shell=shutil.which("sh"), folder=tmp_path, fails=fails)
    python.write_text(text)
    python.chmod(0o755)
    succeeded = run_local.execute(file, str(python), tmp_path / "kfp", tmp_path / "log")
    assert (tmp_path / "asked").read_text().split() == asked
    assert succeeded is (not fails)
