"""scripts/test.sh: which environment runs what, what is seen of it, and how it ends."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands import HEARING_CTRL_C

# Stands for pytest in an environment: it tells what it was asked for, then how it ended.
STUB = """#!/bin/sh
echo $$ >{folder}/pid
echo "$@" >>{folder}/asked
echo "{name} starts"
{work}
[ {code} = 1 ] && echo "=== short test summary info ===" && echo "FAILED {name}"
echo "=== {name} ended with {code} ==="
exit {code}
"""
NAMES = {".venv": "TFX", ".venv-kubeflow": "KFP"}


class Clone:
    """A project of stubs."""

    def __init__(self, root: Path, project: Path) -> None:
        self.root = root
        (root / "scripts").mkdir()
        shutil.copy(project / "scripts" / "test.sh", root / "scripts")
        self.ends(0, 0)

    def ends(self, *codes: int, work: str = "") -> None:
        """Decides what TFX's and kfp's tests end with."""
        for (environment, name), code in zip(NAMES.items(), codes, strict=True):
            folder = self.root / environment
            (folder / "bin").mkdir(parents=True, exist_ok=True)
            python = folder / "bin" / "python"
            python.write_text(STUB.format(folder=folder, name=name, code=code, work=work))
            python.chmod(0o755)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [*HEARING_CTRL_C, str(self.root / "scripts" / "test.sh"), *arguments]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, list[str]]:
        """Its exit code, and the lines that are not empty."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=60)
        return process.returncode, [line for line in said.splitlines() if line]

    def asked(self) -> dict[str, str]:
        """What each environment's pytest was asked for, where it was asked."""
        files = {name: self.root / environment / "asked" for environment, name in NAMES.items()}
        return {name: file.read_text() for name, file in files.items() if file.exists()}


@pytest.fixture
def clone(tmp_path: Path, project: Path) -> Clone:
    return Clone(tmp_path, project)


def test_both_environments_are_asked(clone: Clone) -> None:
    code, lines = clone.run("-m", "not slow", "-k", "name")
    assert code == 0
    assert lines.count("TFX starts") == lines.count("KFP starts") == 1
    assert lines[-1] == "=== TFX ended with 0 ===" and "=== KFP ended with 0 ===" in lines
    asked = clone.asked()
    assert asked["TFX"].startswith("-m pytest -n ") and "--dist loadfile" in asked["TFX"]
    assert asked["TFX"].endswith("-m not slow -k name\n")
    assert asked["KFP"] == "-m pytest -m not slow -k name tests/kfp\n"


@pytest.mark.parametrize(
    ("tfx", "kfp", "code", "last"),
    [
        (1, 0, 1, "TFX ended with 1"),
        (0, 1, 1, "KFP ended with 1"),
        (1, 1, 1, "TFX ended with 1"),
        (5, 1, 1, "KFP ended with 1"),
        (2, 5, 2, "TFX ended with 2"),
        (0, 5, 0, "TFX ended with 0"),
        (5, 0, 0, "KFP ended with 0"),
        (5, 5, 5, "KFP ended with 5"),
    ],
)
def test_it_fails_when_one_does_and_the_last_line_is_that_ones(
    tfx: int, kfp: int, code: int, last: str, clone: Clone
) -> None:
    clone.ends(tfx, kfp)
    ended, lines = clone.run()
    assert ended == code and lines[-1] == f"=== {last} ==="
    if tfx == 1:
        assert lines[-3:-1] == ["=== short test summary info ===", "FAILED TFX"]


@pytest.mark.parametrize(
    ("paths", "environments"),
    [
        (["tests/test_a.py"], {"TFX"}),
        (["tests/kfp/test_b.py::test_c"], {"KFP"}),
        (["tests/test_a.py", "tests/kfp/test_b.py"], {"TFX", "KFP"}),
    ],
)
def test_paths_are_for_the_environment_that_they_belong_to(
    paths: list[str], environments: set[str], clone: Clone
) -> None:
    assert clone.run("-x", *paths)[0] == 0
    asked = clone.asked()
    assert set(asked) == environments
    for name, arguments in asked.items():
        own = [path for path in paths if path.startswith("tests/kfp") == (name == "KFP")]
        assert arguments.endswith(" ".join(["-x", *own]) + "\n")


def test_what_is_stopped_leaves_nothing_running(clone: Clone) -> None:
    clone.ends(0, 0, work="exec sleep 60")
    process = clone.start()
    deadline = time.monotonic() + 30
    while len(clone.asked()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 130
    for environment in NAMES:
        pid = (clone.root / environment / "pid").read_text().strip()
        assert not Path("/proc", pid).exists()
