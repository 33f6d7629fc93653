"""A run can always write to its screen, whatever becomes of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.terminal import unbreakable
from tests.runs import COMMAND

SAYS = """
import sys
sys.path.insert(0, {project!r})
from pipeline import terminal
terminal.make_unbreakable()
for line in range(20_000):
    print("a line é 漢")
    sys.stderr.write("another line\\n")
sys.exit(3)
"""


def ends(command: str, project: Path, **environment: str) -> int:
    """The exit code of a program that says much, with its screen as a shell command bends it."""
    program = SAYS.format(project=str(project))
    shell = f'set -o pipefail; "$0" -c "$1" {command}'
    return subprocess.run(
        ["bash", "-c", shell, sys.executable, program],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        timeout=60,
    ).returncode


@pytest.mark.parametrize(
    "screen",
    [
        ">/dev/full 2>/dev/full",
        ">&- 2>&-",
        "0<&- >&- 2>&-",
        "2>&1 | head -n 1 >/dev/null",
        ">/dev/null 2>&-",
    ],
)
def test_a_broken_screen_changes_no_exit_code(project: Path, screen: str) -> None:
    assert ends(screen, project) == 3


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_what_a_terminal_cannot_show_is_replaced(project: Path, encoding: str) -> None:
    assert ends(">/dev/null 2>&1", project, PYTHONIOENCODING=encoding) == 3


def test_a_closed_descriptor_is_not_taken_by_a_file_of_the_run(
    project: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    program = f"""
import sys
sys.path.insert(0, {str(project)!r})
from pipeline import terminal
terminal.make_unbreakable()
with open({str(file)!r}, "w") as file:
    print("for the screen", flush=True)
    file.write("for the file")
"""
    subprocess.run(
        ["bash", "-c", '"$0" -c "$1" 0<&- >&- 2>&-', sys.executable, program],
        check=True,
        timeout=60,
    )
    assert file.read_text() == "for the file"


def test_lines_reach_a_screen_that_works(tmp_path: Path) -> None:
    file = tmp_path / "screen"
    with unbreakable(os.open(file, os.O_WRONLY | os.O_CREAT)) as screen:
        screen.write("one\n")
        assert file.read_text() == "one\n"  # line by line, not at the end


@pytest.mark.parametrize("name", ["é", "漢字"])
def test_bad_input_with_any_name_is_told_on_any_terminal(tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        [*COMMAND, "--data-dir", str(tmp_path / name), "--output", str(tmp_path / "output")],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert b"does not exist" in done.stderr and b"Traceback" not in done.stderr
