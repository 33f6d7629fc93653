"""Set-up: what it refuses, when it does its work again, and what it installs from."""

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pipeline.sources import PACKAGES

FACTS = {
    "version": "3.11",
    "executable": "/usr/bin/python3.11",
    "implementation": "CPython",
    "machine": "x86_64",
    "glibc": "2.36",
    "include": "",
    "cc": "true",
    "cxx": "true",
    "ensurepip": "yes",
}

# Stands for python3: asked for the facts it prints them, asked anything else it gives its version.
STUB_PYTHON = """#!/bin/sh
case "$*" in *probe.py) cat "{facts}" ;; *) echo {version} ;; esac
"""

# Stands for uv: "venv" makes a folder with an interpreter, and every call is written down.
STUB_UV = """#!/bin/sh
echo "$1 $2" >>"{calls}"
case "$1" in
  venv) for last; do :; done; mkdir -p "$last/bin"; cp "{python}" "$last/bin/python" ;;
  pip) exec {sync} ;;
esac
"""


class Machine:
    """A copy of the set-up on a machine of stubs."""

    def __init__(self, folder: Path, project: Path) -> None:
        self.project = folder / "project"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.project.mkdir()
        self.bin.mkdir()
        shutil.copytree(project / "scripts", self.project / "scripts")
        shutil.copy(project / "requirements.lock", self.project)
        (folder / "Python.h").touch()
        self.install_python(include=str(folder))
        self.install_uv()
        # `true -x c++ -fsyntax-only -` compiles anything.
        self.environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "CXX": "true"}

    def _script(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def install_python(self, **facts: str) -> None:
        self.facts = {**getattr(self, "facts", FACTS), **facts}
        lines = "".join(f"{name}={value}\n" for name, value in self.facts.items())
        (self.bin / "facts").write_text(lines)
        self._script(
            "python3",
            STUB_PYTHON.format(facts=self.bin / "facts", version=self.facts["version"]),
        )

    def install_uv(self, sync: str = "true") -> None:
        python = self.bin / "python3"
        self._script("uv", STUB_UV.format(calls=self.calls, python=python, sync=sync))

    def set_up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.project / "scripts" / "setup.sh", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def calls_made(self) -> list[str]:
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return [call for call in calls if not call.startswith("--version")]


MADE = ["venv --no-project", "pip sync"]


@pytest.fixture
def machine(tmp_path: Path, project: Path) -> Machine:
    return Machine(tmp_path, project)


@pytest.mark.parametrize(
    ("version", "glibc", "stack"),
    [
        ("3.10", "2.17", "TFX 1.16.0 and TensorFlow 2.16"),
        ("3.11", "2.36", "TFX 1.16.0 and TensorFlow 2.16"),
        ("3.12", "2.39", "TFX 1.21.0 and TensorFlow 2.21"),
        ("3.13", "2.41", "TFX 1.21.0 and TensorFlow 2.21"),
    ],
)
def test_the_stack_and_its_reason_are_said(
    machine: Machine, version: str, glibc: str, stack: str
) -> None:
    machine.install_python(version=version, glibc=glibc)
    said = machine.set_up("--check")
    assert said.returncode == 0, said.stderr
    assert f"Python {version}" in said.stdout and stack in said.stdout
    assert not machine.calls_made()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"version": "2.7"}, "Python 2.7 (/usr/bin/python3.11) is not supported: install"),
        ({"version": "3.9"}, "is not supported: install Python 3.10, 3.11, 3.12 or 3.13"),
        ({"version": "3.14"}, "is not supported: install Python 3.10"),
        ({"version": "3.12"}, "needs glibc 2.39 for TFX, and this machine has 2.36: install"),
        ({"glibc": "2.9"}, "needs glibc 2.17"),
        ({"glibc": "none"}, "does not run on glibc"),
        ({"machine": "aarch64"}, "runs on aarch64"),
        ({"machine": "32-bit"}, "runs on 32-bit"),
        ({"implementation": "PyPy"}, "is PyPy"),
        ({"include": "/nowhere"}, "(/nowhere/Python.h): apt install python3.11-dev"),
    ],
)
def test_a_python_that_does_not_fit_is_refused(
    machine: Machine, facts: dict[str, str], words: str
) -> None:
    machine.install_python(**facts)
    _assert_refused(machine, words)


def test_a_missing_compiler_is_refused(machine: Machine) -> None:
    machine.environment["CXX"] = "no-such-compiler"
    _assert_refused(machine, "No C++ compiler works here (tried no-such-compiler): apt install g++")


def test_a_python_that_is_not_there_is_refused(machine: Machine) -> None:
    machine.environment["PYTHON"] = "no-such-python"
    _assert_refused(machine, "no-such-python does not run: install Python")


def test_a_full_disk_is_refused(machine: Machine) -> None:
    machine._script("df", "#!/bin/sh\nprintf 'header\\n/dev/x 9 9 2097152 9%% /\\n'\n")
    _assert_refused(machine, "has 2 GB of free disk and the environment needs 4")


@pytest.mark.skipif(Path("/usr/bin/uv").exists(), reason="there is a uv to be had")
def test_a_python_that_cannot_fetch_uv_is_refused(machine: Machine) -> None:
    (machine.bin / "uv").unlink()
    machine.install_python(ensurepip="no")
    _assert_refused(machine, "cannot make virtual environments: apt install python3.11-venv")


def _assert_refused(machine: Machine, words: str) -> None:
    said = machine.set_up()
    assert said.returncode == 1
    assert words in said.stderr
    assert said.stderr.count("\n") == 1, "one sentence is enough"
    assert not machine.calls_made()


def test_a_whole_environment_is_left_alone(machine: Machine) -> None:
    assert machine.set_up().returncode == 0
    assert machine.calls_made() == MADE
    again = machine.set_up()
    assert (again.returncode, again.stdout, machine.calls_made()) == (0, "", [])


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    machine.set_up()
    machine.calls_made()
    with (machine.project / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    machine.set_up()
    assert machine.calls_made() == MADE


def test_another_interpreter_counts_only_when_it_is_named(machine: Machine) -> None:
    machine.set_up()
    machine.calls_made()
    machine.install_python(version="3.10", executable="/usr/bin/python3.10")
    machine.set_up()
    assert machine.calls_made() == []
    machine.environment["PYTHON"] = "python3"
    machine.set_up()
    assert machine.calls_made() == MADE


def test_an_environment_whose_interpreter_is_gone_is_made_again(machine: Machine) -> None:
    machine.set_up()
    machine.calls_made()
    (machine.project / ".venv" / "bin" / "python").unlink()
    machine.set_up()
    assert machine.calls_made() == MADE


@pytest.mark.parametrize("sync", ["false", "sh -c 'kill -9 $PPID'"])
def test_an_interrupted_set_up_starts_again(machine: Machine, sync: str) -> None:
    machine.install_uv(sync=sync)
    assert machine.set_up().returncode != 0
    assert machine.calls_made() == MADE
    machine.install_uv()
    assert machine.set_up().returncode == 0
    assert machine.calls_made() == MADE


def test_an_index_out_of_reach_is_one_sentence(machine: Machine) -> None:
    machine.install_uv(sync="sh -c 'echo error: Failed to fetch: dns error >&2; exit 2'")
    said = machine.set_up()
    assert said.returncode == 1
    assert "The package index cannot be reached" in said.stderr
    assert said.stderr.count("\n") == 1


def test_any_other_failure_shows_its_last_lines(machine: Machine) -> None:
    machine.install_uv(sync="sh -c 'echo no space left on device >&2; exit 2'")
    said = machine.set_up()
    assert said.returncode == 1
    assert "no space left" in said.stderr and "Installing requirements.lock failed" in said.stderr


def _locked(project: Path) -> dict[str, list[str]]:
    """Each requirement of the lock with its options: ``{"tfx==1.16.0 ; ...": ["--hash=..."]}``."""
    text = (project / "requirements.lock").read_text().replace("\\\n", " ")
    lines = [line.split("#")[0] for line in text.splitlines()]
    return {
        line.split("--hash")[0].strip(): re.findall(r"--hash=sha256:[0-9a-f]{64}", line)
        for line in lines
        if line.strip()
    }


def test_every_locked_package_is_pinned_and_hashed(project: Path) -> None:
    locked = _locked(project)
    assert len(locked) > 200
    for requirement, hashes in locked.items():
        assert re.match(r"[a-z0-9.-]+==\S+( ;|$)", requirement), requirement
        assert hashes, requirement


@pytest.mark.parametrize("name", ["requirements.lock", "scripts/uv-requirements.txt"])
def test_no_lock_names_an_address(project: Path, name: str) -> None:
    text = (project / name).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text


def test_the_lock_agrees_with_the_project(project: Path) -> None:
    source = (project / "pyproject.toml").read_text()
    listed = re.search(r"^dependencies = \[(.*?)^\]", source, re.DOTALL | re.MULTILINE)
    assert listed
    locked = list(_locked(project))
    for line in re.findall(r'"(.+)"', listed[1]):
        name = re.split(r"[^\w-]", line)[0]
        pin = re.match(r"([\w-]+==[\w.]+); python_version (.*)", line)
        start = f"{pin[1]} ; python_full_version {pin[2]} " if pin else f"{name}=="
        assert any(requirement.startswith(start) for requirement in locked), line


def test_the_source_distribution_has_all_packages_with_their_sub_packages_and_data(
    project: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("setup.py", "pyproject.toml", "local_runner.py"):
        shutil.copy(project / name, tree)
    (tree / "README.md").write_text("Triptych\n")
    for package in PACKAGES:
        shutil.copytree(project / package, tree / package)
    # As Beam does it.
    command = [sys.executable, "setup.py", "-q", "sdist", "--dist-dir", tmp_path / "dist"]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (archive,) = (tmp_path / "dist").iterdir()
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    # kubeflow/deploy is for a cluster's administrators, and no package.
    wanted = {
        str(path.relative_to(project))
        for package in PACKAGES
        for path in (project / package).rglob("*")
        if path.suffix in (".py", ".j2", ".pbtxt", ".npz")
    }
    assert wanted | {"local_runner.py"} <= names
    assert {path.count("/") for path in wanted} >= {1, 2}, "packages and what is inside of them"
    assert {Path(path).suffix for path in wanted} == {".py", ".j2", ".pbtxt", ".npz"}
