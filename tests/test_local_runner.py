"""The front door: what it refuses, and how fast it says so."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import local_runner
from components.readers import idx
from modules.contract.profile import PROFILE_NAMES
from pipeline import output_folder
from pipeline.intake import on_data
from pipeline.options import read_options
from pipeline.settings import FAMILIES, from_plain
from tests.runs import COMMAND, PROJECT


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Runs what must be refused, and returns the one sentence."""
    assert local_runner.main(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "Traceback" not in said.err
    return said.err


def test_help_names_every_option_and_its_default() -> None:
    shown = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
    for option in (
        "--model",
        "--tuner",
        "--profile",
        "--data-dir",
        "--output",
        "--metadata-store",
        "--seed",
        "--config",
        "--gates",
        "--hyperparameters",
        "--set",
        "--no-cache",
        "--rerun-from",
        "--no-lock",
        "--prune",
        "--dry-run",
        "--seeds",
        "--verbose",
    ):
        assert option in shown
    assert "(default: hyperband)" in " ".join(shown.split())
    assert all(name in shown for name in (*FAMILIES, *PROFILE_NAMES))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--model", "nonesuch"],
        ["--profile", "huge"],
        ["--nonesuch"],
        ["--no-cache", "--rerun-from", "X"],
        ["--dry-run"],
        ["--prune", "--no-cache"],
        ["--prune", "--seeds", "3"],
        ["--seeds", "0"],
        ["--seeds", "21"],
        ["--seeds", "some"],
    ],
)
def test_bad_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_a_bad_setting_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = refused(capsys, "--output", str(tmp_path), "--set", "training.epoch=1")
    assert "unknown setting 'training.epoch' (did you mean training.epochs?)" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("model = vae", "is not valid TOML: .*line 1"),
        (
            "[training]\nepochs = 0",
            ": training.epochs must be a whole number from 1 to 100,000, not 0",
        ),
        (None, "cannot read .*: No such file or directory"),
    ],
)
def test_a_bad_file_of_settings_is_refused_by_name(
    content: str | None, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "a.toml"
    if content is not None:
        file.write_text(content)
    said = refused(capsys, "--config", str(file), "--output", str(tmp_path / "output"))
    assert re.search(words, said) and str(file) in said
    assert not (tmp_path / "output").exists()


def test_an_empty_path_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "output must be a path, not ''" in refused(capsys, "--output", "")


def test_a_run_leaves_its_settings_and_a_refused_start_does_not(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.outcome import Finished, Outcome
    from pipeline.run import Run  # TensorFlow and TFX take some seconds

    def fail(run: Run, node_id: str, _: object) -> Finished:
        run._finished[node_id] = Finished(Outcome(node_id, "failed", 0.1, reason="why"), "why", {})
        return run._finished[node_id]

    output = tmp_path / "an output's"
    options = ["--data-dir", str(data), "--output", str(output), "--seed", "7", "--verbose"]
    monkeypatch.setattr(Run, "node", fail)
    assert local_runner.main([*options, "--rerun-from", "Trainr"]) == 2
    assert "unknown node 'Trainr' (did you mean Trainer?); choose" in capsys.readouterr().err
    assert not output.exists()
    assert local_runner.main(options) == 1
    file = output / "transformer" / "latest" / "settings.toml"
    asked = on_data(read_options(local_runner.parse(options)))
    assert on_data(read_options(local_runner.parse(["--config", str(file)]))) == asked
    summary = json.loads(asked.summary.read_text())
    assert summary["verdict"]["exit_code"] == 1 and from_plain(summary["settings"]) == asked


def test_ctrl_c_says_how_to_go_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(local_runner, "_run", stop)
    options = ["--data-dir", str(data), "--output", str(tmp_path / "output")]
    assert local_runner.main(options) == 130
    assert capsys.readouterr().out == "\nstopped; run the same command again to resume\n"


@pytest.fixture
def data(tmp_path: Path, make_dataset) -> Path:
    return make_dataset(tmp_path / "idx", train=600, test=400)


IMAGES, LABELS = "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


def truncate(data: Path) -> str:
    raw = gzip.decompress((data / IMAGES).read_bytes())
    (data / IMAGES).write_bytes(gzip.compress(raw[:-100]))
    return IMAGES


def cut_the_gzip(data: Path) -> str:
    (data / IMAGES).write_bytes((data / IMAGES).read_bytes()[:-500])
    return IMAGES


def corrupt(data: Path) -> str:
    raw = bytearray((data / IMAGES).read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    (data / IMAGES).write_bytes(bytes(raw))
    return IMAGES


def mismatch(data: Path) -> str:
    idx.write_idx(data / LABELS, np.zeros(9, np.uint8))
    return LABELS


def wrong_magic(data: Path) -> str:
    shutil.copy(data / IMAGES, data / LABELS)
    return LABELS


def wrong_size(data: Path) -> str:
    idx.write_idx(data / IMAGES, np.full((600, 32, 32), 255, np.uint8))
    return IMAGES


def empty(data: Path) -> str:
    (data / LABELS).write_bytes(b"")
    return LABELS


def missing(data: Path) -> str:
    (data / LABELS).unlink()
    return LABELS.removesuffix(".gz")


def unknown_label(data: Path) -> str:
    labels = np.array(idx.read_labels(data / LABELS))
    labels[7] = 10
    idx.write_idx(data / LABELS, labels)
    return LABELS


def untested_class(data: Path) -> str:
    labels = np.array(idx.read_labels(data / LABELS))
    labels[labels == 8] = 9
    idx.write_idx(data / LABELS, labels)
    return "has 0 images of class 8"


def on_another_scale(data: Path) -> str:
    idx.write_idx(data / IMAGES, np.full((600, 28, 28), 16, np.uint8))
    return "scale them to 0-255"


@pytest.mark.parametrize(
    "spoil",
    [
        truncate,
        cut_the_gzip,
        corrupt,
        mismatch,
        wrong_magic,
        wrong_size,
        empty,
        missing,
        unknown_label,
        untested_class,
        on_another_scale,
    ],
)
def test_bad_data_is_refused_by_name_before_work_starts(
    spoil, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = spoil(data)
    said = refused(capsys, "--data-dir", str(data), "--output", str(tmp_path / "output"))
    assert name in said
    assert not (tmp_path / "output").exists()


def test_a_missing_folder_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "nonesuch" in refused(capsys, "--data-dir", str(tmp_path / "nonesuch"))


def test_an_output_that_cannot_be_made_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in refused(capsys, "--output", str(tmp_path / "file" / "output"))


def test_a_second_run_leaves(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with output_folder.only_run_in(tmp_path):
        assert "another run" in refused(capsys, "--output", str(tmp_path))


def test_an_interpreter_without_the_packages_is_told_what_to_do(tmp_path: Path) -> None:
    # -S leaves site-packages out.
    done = subprocess.run(
        [sys.executable, "-S", str(PROJECT / "local_runner.py")],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "lacks tfx" in done.stderr and "make setup" in done.stderr
    assert done.stderr.count("\n") == 1
