"""Every run of an output folder, in a line each."""

import csv
import dataclasses
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.results.__main__ import main
from components.results.judged import Threshold
from components.results.listing import find_runs, list_runs
from components.results.measured import Measured, measured, of_each
from components.results.predictions import Predictions, write_predictions
from components.results.stored import BadFacts
from components.results.summary import Node, Summary, Verdict, write_summary
from tests import results
from tests.conftest import PROJECT

BOUND = Threshold("accuracy", "accuracy", "overall", "at least", 0.95, 0.92, 0.97, 0.9, 99)
SETTINGS: dict[str, Any] = {
    "model": "transformer",
    "seed": 1,
    "training": {"epochs": 6},
    "gates": {"accuracy": 0.9},
    "hyperparameters": {},
    "output": "/there",
    "dataset": {"hash": "0123456789abcdef"},
}


def keep(
    output: Path, name: str, outcome: str = "pushed", family: str = "transformer", **changes: Any
) -> None:
    """Writes a run that began at the second of its name."""
    run = f"20260101-0000{name}-000000"
    summary = dataclasses.replace(
        results.SUMMARY,
        run=run,
        verdict=Verdict(outcome, 0),
        settings=SETTINGS | changes.pop("settings", {}),
        evaluation=changes.pop(
            "evaluation", dataclasses.replace(results.EVALUATION, thresholds=(BOUND,))
        ),
    )
    write_summary(output / family / run / "summary.json", dataclasses.replace(summary, **changes))


def test_the_newest_is_first_whatever_its_end_and_its_family(tmp_path: Path) -> None:
    keep(tmp_path, "01")
    keep(tmp_path, "03", "refused", family="vae")
    keep(tmp_path, "02", "failed", evaluation=None)
    keep(tmp_path, "04", "killed", evaluation=None, settings={}, seconds=0.0)
    (tmp_path / "transformer" / "latest").symlink_to("20260101-000004-000000")
    (tmp_path / "artifacts" / "transformer" / "Trainer").mkdir(parents=True)
    found = list_runs(tmp_path)
    assert [(one.outcome, one.family) for one in found] == [
        ("killed", "transformer"),
        ("refused", "vae"),
        ("failed", "transformer"),
        ("pushed", "transformer"),
    ]
    last = found[-1]
    assert (last.figure, last.value, last.low, last.high) == ("accuracy", 0.95, 0.92, 0.97)
    assert last.seconds == 12.4 and last.folder.name == last.run == "20260101-000001-000000"
    assert (found[0].figure, found[0].value, found[0].low) == ("", None, None)


def test_only_settings_that_are_not_the_same_in_all_runs_of_the_family_are_told(
    tmp_path: Path,
) -> None:
    keep(tmp_path, "01")
    keep(tmp_path, "02", settings={"training": {"epochs": 7}, "output": "/elsewhere"})
    keep(tmp_path, "03", settings={"hyperparameters": {"layers": 3}})
    keep(tmp_path, "04", settings={"dataset": {"hash": "fedcba9876543210"}})
    keep(tmp_path, "05", family="vae", settings={"seed": 9})
    vae, data, layers, epochs, first = (dict(one.differs) for one in list_runs(tmp_path))
    assert vae == {}
    assert first == {"training.epochs": 6, "dataset.hash": "01234567"}
    assert epochs == {"training.epochs": 7, "dataset.hash": "01234567"}
    assert layers == {
        "training.epochs": 6, "hyperparameters.layers": 3, "dataset.hash": "01234567",
    }  # fmt: skip
    assert data["dataset.hash"] == "fedcba98"


def test_a_run_of_which_nothing_is_known_differs_in_nothing(tmp_path: Path) -> None:
    keep(tmp_path, "01")
    bare = Summary(Verdict("failed", 1, "why"))
    write_summary(tmp_path / "transformer" / "20260101-000002-000000" / "summary.json", bare)
    assert [dict(one.differs) for one in list_runs(tmp_path)] == [{}, {}]
    assert list_runs(tmp_path)[0].run == "20260101-000002-000000"


def test_an_unreadable_run_is_left_out_and_named(tmp_path: Path) -> None:
    keep(tmp_path, "01")
    keep(tmp_path, "02")
    file = tmp_path / "transformer" / "20260101-000002-000000" / "summary.json"
    file.write_text(json.dumps({"verdict": {"outcome": "pushed"}}))
    found = find_runs(tmp_path)
    assert [one.run for one in found.runs] == ["20260101-000001-000000"]
    [said] = found.unreadable
    assert str(file) in said and "another version of the project" in said
    shutil.rmtree(tmp_path / "transformer" / "20260101-000001-000000")
    with pytest.raises(BadFacts, match="another version of the project"):
        list_runs(tmp_path)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_runs_is_said_to_be_so(there: bool, tmp_path: Path) -> None:
    output = tmp_path if there else tmp_path / "nowhere"
    with pytest.raises(BadFacts, match=f"^there is no summary of a run in {output}$"):
        list_runs(output)


def test_an_interval_is_a_gates_or_counted_or_of_what_was_kept(tmp_path: Path) -> None:
    asked = dataclasses.replace(results.EVALUATION, thresholds=(BOUND,))
    assert measured(asked, "transformer", "accuracy") == Measured(0.95, 0.92, 0.97)
    counted = measured(results.EVALUATION, "transformer", "accuracy")
    assert counted and counted.low == pytest.approx(0.8883, abs=1e-3)  # Wilson's, of 99
    assert measured(results.EVALUATION, "long gone", "accuracy") == Measured(0.95)
    assert measured(results.EVALUATION, "transformer", "recall") is None
    assert measured(results.EVALUATION, "transformer", "accuracy", "label=9") is None

    each = np.array([90.0, 92.0, 88.0, np.nan, 90.0])
    said = Predictions("images", np.arange(5), np.zeros(5), {"nelbo": each})
    mean = of_each(said, "nelbo")
    assert mean and mean.value == 90.0
    assert mean.high == pytest.approx(90.0 + 1.96 * np.sqrt(8 / 3) / 2, abs=1e-3)
    assert of_each(said, "kl") is None

    write_predictions(tmp_path / "artifacts" / "evaluation", said)
    nelbo = dataclasses.replace(
        results.EVALUATION, overall={"nelbo": 90.0, "example_count": 5}, headline=["nelbo"]
    )
    judge = Node("Evaluator", "done", 1.0, "", outputs={"evaluation": "artifacts/evaluation"})
    keep(tmp_path, "01", family="vae", evaluation=nelbo, nodes=(judge,))
    keep(tmp_path, "02", family="vae", evaluation=nelbo)
    without, kept = list_runs(tmp_path)
    assert (kept.figure, kept.value, kept.low, kept.high) == ("nelbo", *mean)
    assert (without.value, without.low) == (90.0, None)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Three runs: one that differs, one that was stopped, one of another version."""
    output = tmp_path / "output"
    keep(output, "01")
    keep(output, "02", "refused", settings={"training": {"epochs": 7}, "seed": 2})
    keep(output, "03", "interrupted", evaluation=None, seconds=3.0)
    keep(output, "04")
    (output / "transformer" / "20260101-000004-000000" / "summary.json").write_text("{}")
    return output


def test_the_command_lists_runs_in_lines_where_there_is_no_terminal(
    output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(output), "--list"]) == 0
    told = capsys.readouterr()
    head, *lines = told.out.splitlines()
    assert head.split("  ")[0] == "Run" and head.endswith("Differs in")
    assert [line.split()[2] for line in lines] == ["interrupted", "refused", "pushed"]
    assert lines[1].endswith("seed=2, training.epochs=7")
    assert "accuracy 95.00\N{NO-BREAK SPACE}%  92.00 to 97.00" in lines[1]
    assert "\x1b" not in told.out
    [unreadable] = told.err.splitlines()
    assert unreadable.startswith("components.results: ") and "20260101-000004" in unreadable


@pytest.mark.parametrize("width", [80, 160])
def test_a_terminal_gets_a_table_of_its_width(
    width: int, output: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([str(output), "--list"]) == 0
    lines = re.sub("\x1b.*?m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for words in ("20260101-000002-000000", "refused", "95.00", "92.00 to 97.00", "epochs=7"):
        assert words in text
    assert len(lines) == 2 + (3 if width == 160 else 7)


@pytest.mark.parametrize("to", ["", "-", "runs.csv"])
def test_the_list_as_csv_has_a_column_for_each_setting_that_differs(
    to: str, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / to) if to.endswith("csv") else to
    assert main([str(output), "--list", "--csv", *filter(None, [file])]) == 0
    told = capsys.readouterr().out
    rows = [*csv.DictReader(io.StringIO(Path(file).read_text() if "csv" in to else told))]
    assert "csv" not in to or told == f"listed  {file}\n"
    stopped, refused, pushed = rows
    assert refused["value"] == "0.95" and (refused["low"], refused["high"]) == ("0.92", "0.97")
    assert (refused["seed"], refused["training.epochs"], refused["model"]) == (
        "2", "7", "transformer",
    )  # fmt: skip
    assert stopped["figure"] == stopped["value"] == "" and stopped["seconds"] == "3.0"
    assert pushed["folder"] == str(output / "transformer" / pushed["run"])


def test_a_file_that_cannot_be_written_is_named(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main([str(output), "--list", "--csv", str(tmp_path / "file" / "a.csv")]) == 2
    [told] = capsys.readouterr().err.splitlines()
    assert told.startswith("components.results: cannot write ") and "a.csv" in told


def test_an_empty_folder_has_nothing_to_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "--list"]) == 2
    told = capsys.readouterr()
    assert told.err == f"components.results: there is no summary of a run in {tmp_path}\n"
    assert told.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--list"], "name an output folder"),
        (["--list", "--csv", "output"], "name an output folder"),
        (["output", "run", "--list"], "--list shows every run"),
        (["output", "--csv"], "give --list as well"),
        (["output", "--list", "--compare", "a", "b"], "not allowed with"),
    ],
)
def test_a_list_is_asked_for_by_itself(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and words in capsys.readouterr().err


def test_a_hundred_runs_take_little_time_and_no_framework(tmp_path: Path) -> None:
    curves = [[[0.0, 1.0, 1.0, None]] * 100] * 10
    slices = {f"label={n}": {"accuracy": 0.5, "example_count": 9.0} for n in range(26)}
    evaluation = dataclasses.replace(
        results.EVALUATION, curves=curves, slices=slices, thresholds=(BOUND,) * 40
    )
    for number in range(100):
        keep(tmp_path, f"{number:02d}", evaluation=evaluation, seed=number)
    code = f"""
import runpy, sys, time
started = time.process_time()
sys.argv = ["results", {str(tmp_path)!r}, "--list"]
try:
    runpy.run_module("components.results", run_name="__main__")
finally:
    heavy = {{"tensorflow", "keras", "tfx", "apache_beam", "sklearn", "pandas", "matplotlib"}}
    print(sorted(heavy & sys.modules.keys()), time.process_time() - started < 2.0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 102 and lines[-1] == "[] True"
