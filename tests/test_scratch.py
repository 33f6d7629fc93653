"""Temporary files of a run lie in its output folder, and none are left."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from components.results.report import read_report
from pipeline import reports, scratch
from tests import runs
from tests.conftest import MakeDataset


def test_this_process_and_its_children_use_the_folder_and_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    monkeypatch.delenv("TEMP", raising=False)
    output = tmp_path / "output"
    output.mkdir()
    ask = [sys.executable, "-c", "import tempfile; print(tempfile.mkdtemp())"]
    with scratch.own_temporary_folder(output) as folder:
        own = Path(tempfile.mkdtemp())
        child = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
        assert own.parent == Path(child).parent == folder and Path(child).is_dir()
    assert list(output.iterdir()) == [] and list(elsewhere.iterdir()) == []
    assert os.environ["TMPDIR"] == str(elsewhere) and "TEMP" not in os.environ
    assert Path(tempfile.gettempdir()) != folder


def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path: Path) -> None:
    left = tmp_path / scratch.FOLDER / "beam-pipeline-tempabc"
    left.mkdir(parents=True)
    (left / "file").write_text("x")
    with scratch.own_temporary_folder(tmp_path) as folder:
        assert list(folder.iterdir()) == []


def test_a_killed_run_leaves_nothing_in_the_folder_for_temporary_files(
    make_dataset: MakeDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_dataset(tmp_path / "data", train=600, test=600)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    output = tmp_path / "output"
    left = output / scratch.FOLDER
    process = runs.start(output, "--profile", "smoke", "--data-dir", str(data))
    runs.kill_when(process, lambda: any(left.glob("*")), signal.SIGKILL)
    assert any(left.iterdir()) and list(temporary.iterdir()) == []
    reports.catch_up(output)  # as the next start does
    told = read_report(output / "transformer" / "latest" / "report.json").summary
    assert told.verdict.outcome == "killed" and "CuratedSchema" in [one.node for one in told.nodes]
