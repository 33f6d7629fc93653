"""What a disk refuses, told in a sentence, and what is left behind of it."""

import errno
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import local_runner
from modules.util.files import write_bytes, write_json, write_text
from pipeline import disk
from pipeline.layers import BadSetting
from pipeline.outcome import words
from pipeline.run_folder import UNFINISHED, RunFolder
from pipeline.settings import make_settings
from tests.runs import PROJECT

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/output/file")


def caused(text: str, cause: BaseException) -> RuntimeError:
    error = RuntimeError(text)
    error.__cause__ = cause
    return error


def during(text: str, context: BaseException) -> RuntimeError:
    error = RuntimeError(text)
    error.__context__ = context
    return error


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        caused("the search failed", FULL),
        during("cannot publish", caused("the executor failed", FULL)),
        RuntimeError("/output/file; No space left on device [Op:SaveV2]"),
        RuntimeError("{{function_node of /job:a/CPU:0}} /output/file; No space left on device"),
        RuntimeError("OSError: [Errno 28] No space left on device: '/output/file' [while running]"),
    ],
)
def test_no_room_is_found_wherever_it_is_said(error: Exception) -> None:
    said = words(error)
    assert said.startswith("no room left for /output/file (")
    assert said.endswith(" bytes free on its disk); make room and run the same command again")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EDQUOT, "", "/f"), "no room left for /f: the disk quota is used up; make"),
        (OSError(errno.EROFS, "", "/f"), "/f cannot be written: its file system is read-only"),
        (OSError(errno.EIO, "", "/f"), "/f cannot be read or written: input/output error"),
        (OSError(errno.EFBIG, "", "/f"), "/f may not grow so large; raise the limit (ulimit -f)"),
        (sqlite3.OperationalError("database or disk is full"), "no room left for "),
        (RuntimeError("attempt to write a readonly database"), "file system is read-only"),
    ],
)
def test_each_kind_has_its_sentence(error: Exception, said: str) -> None:
    assert said in words(error) and "\n" not in words(error)


@pytest.mark.parametrize("error", [ValueError("no"), OSError(errno.ENOENT, "", "/f"), KeyError()])
def test_other_errors_are_none_of_the_disk(error: Exception) -> None:
    assert disk.fault(error) == ""


def test_a_chain_that_is_a_ring_ends() -> None:
    error = RuntimeError()
    error.__context__ = caused("", error)
    assert disk.fault(error) == ""


def test_without_a_name_the_fullest_disk_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_free", lambda place: 0 if "brim" in str(place) else 1)
    (tmp_path / "brim").mkdir()
    error = OSError(errno.ENOSPC, "")
    assert f"{tmp_path}/brim/x " in words(error, tmp_path, tmp_path / "brim" / "x")


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which nothing more can be written, though files can be made."""

    def refuse(path: Path, *_: object) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as of write(2): without a name

    monkeypatch.setattr(Path, "write_bytes", refuse)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(("write", "content"), [(write_text, "a"), (write_json, {})])
def test_what_cannot_be_written_is_named_and_leaves_nothing(write, content, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match="No space left") as refused:
        write(file, content)
    assert refused.value.errno == errno.ENOSPC and refused.value.filename == str(file)
    assert list(tmp_path.iterdir()) == [file] and file.read_bytes() == b""


def test_a_run_without_room_for_its_summary_ends_all_the_same(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from pipeline.exit_codes import ExitCode
    from pipeline.verdict import end

    folder = RunFolder(make_settings(output=tmp_path), "one")
    folder.begin()
    before = folder.summary.read_text()
    request.getfixturevalue("limited")
    summary = folder.conclude(end(ExitCode.FAILED, "why"))
    assert summary.verdict.exit_code == 1 and summary.verdict.reason == "why"
    assert folder.summary.read_text() == before and UNFINISHED in before


@pytest.mark.parametrize("number", disk.FAILURES)
@pytest.mark.parametrize("place", ["pwrite", "ftruncate"])
def test_no_room_for_the_lock_is_exit_1_and_one_sentence(
    number: int,
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, place, refuse)
    assert local_runner.main(["--output", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert str(tmp_path / ".lock") in said.err and "run the same command again" in said.err


def test_weights_that_do_not_fit_are_an_error_and_no_crash(tmp_path: Path) -> None:
    # Files are limited in size for that process, which is what can be had of a full disk anywhere.
    code = (
        "import resource, signal, sys, keras\n"
        "from pathlib import Path\n"
        "from modules.training import keras_file\n"
        "from modules.training.callbacks import save_weights\n"
        "model = keras.Sequential([keras.Input((50,)), keras.layers.Dense(50)])\n"
        "save_weights(model, Path(sys.argv[1], 'first.weights.h5'))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "for save, name in ((save_weights, 'a.weights.h5'), (keras_file.save, 'a.keras')):\n"
        "    try:\n"
        "        save(model, Path(sys.argv[1], name))\n"
        "    except OSError as error:\n"
        "        print(error.filename)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'a.weights.h5'}\n{tmp_path / 'a.keras'}\n"
    assert [file.name for file in tmp_path.iterdir()] == ["first.weights.h5"]


def test_a_machine_without_a_folder_for_temporary_files_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    with pytest.raises(BadSetting, match="set TMPDIR"):
        disk.check_temporary()
    assert words(OSError(errno.ENOSPC, ""), "/output").startswith("no room left for /output ")


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new" / "file", memoryview(b"\0a\r\n"))
    assert (tmp_path / "new" / "file").read_bytes() == b"\0a\r\n"
