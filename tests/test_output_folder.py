"""One run at a time in a folder, and a quiet screen."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

import local_runner
from pipeline.output_folder import Busy, only_run_in, output_to_log


def test_the_second_run_is_told_who_is_first(tmp_path: Path) -> None:
    with only_run_in(tmp_path), pytest.raises(Busy, match=f"process {os.getpid()}.*--output"):
        with only_run_in(tmp_path):
            pass
    with only_run_in(tmp_path):
        pass  # and it is free again afterwards


def test_who_was_there_before_is_not_named(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("12345678901234567890")
    with only_run_in(tmp_path), pytest.raises(Busy, match=rf"\(process {os.getpid()}\)"):
        with only_run_in(tmp_path):
            pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told_and_can_be_used_all_the_same(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(Busy, match=f"{os.strerror(number)}.*--output.*--no-lock"):
        with only_run_in(tmp_path):
            pass
    with only_run_in(tmp_path, without_lock=True):
        pass


def test_without_a_lock_a_run_that_is_seen_is_still_in_the_way(tmp_path: Path) -> None:
    with only_run_in(tmp_path), pytest.raises(Busy, match="another run"):
        with only_run_in(tmp_path, without_lock=True):
            pass


def test_the_choice_is_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(local_runner, "_run", lambda *_: 0)
    assert local_runner.main(["--output", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "has no locks" in said and said.count("\n") == 1
    assert local_runner.main(["--output", str(tmp_path), "--no-lock"]) == 0


def test_what_is_printed_below_python_goes_to_the_log(tmp_path: Path, project: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from pipeline.output_folder import output_to_log\n"
        "with output_to_log(Path('log')) as screen:\n"
        "    print('python'); os.system('echo child'); os.write(2, b'descriptor\\n')\n"
        "    screen.write('screen\\n')\n"
        "print('after'); os.write(2, b'after\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "screen\nafter\n" and done.stderr == "after\n"
    assert sorted((tmp_path / "log").read_text().split()) == ["child", "descriptor", "python"]


def test_the_screen_comes_back_after_an_error(tmp_path: Path, capfd) -> None:
    with pytest.raises(ValueError), output_to_log(tmp_path / "log"):
        raise ValueError
    os.write(1, b"here\n")
    os.write(2, b"there\n")
    assert capfd.readouterr() == ("here\n", "there\n")
