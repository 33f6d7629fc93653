"""The distribution, installed, from a folder that knows nothing of the clone."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from components.results.report import read_report
from pipeline.sources import PACKAGES
from tests.test_api import written

CODE = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "local_runner.py", *PACKAGES)
WITHOUT_DATA = "this installation brings no data: give data_dir (--data-dir), the folder"


def build(tree: Path, kind: str) -> Path:
    """Builds what setuptools calls so, without a network, and returns the file."""
    command = [sys.executable, "setup.py", "-q", kind, "--dist-dir", "dist"]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (file,) = (tree / "dist").iterdir()
    return file


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip installs of the source distribution, in a folder of its own."""
    work = tmp_path_factory.mktemp("installed")
    tree = work / "tree"
    tree.mkdir()
    for name in CODE:
        copy = shutil.copytree if (project / name).is_dir() else shutil.copy
        copy(project / name, tree / name)
    with tarfile.open(build(tree, "sdist")) as packed:
        packed.extractall(work)
    (unpacked,) = work.glob("triptych-*")
    with zipfile.ZipFile(build(unpacked, "bdist_wheel")) as wheel:
        wheel.extractall(work / "site")
    return work / "site"


def python(
    site: Path, folder: Path, *arguments: str, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs Python in a folder, from where it finds what is installed and not the clone."""
    return subprocess.run(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-B", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def test_the_command_is_there_and_knows_that_no_data_came_along(site: Path, tmp_path: Path) -> None:
    (points,) = site.glob("*.dist-info/entry_points.txt")
    assert "triptych = local_runner:console" in points.read_text()
    done = python(site, tmp_path, "-m", "local_runner", "--help")
    assert done.returncode == 0 and not done.stderr
    assert "IDX files (default: none; to be given)" in " ".join(done.stdout.split())
    typed = "import sys; sys.argv[0] = 'bin/triptych'; import local_runner; local_runner.console()"
    assert python(site, tmp_path, "-c", typed, "--help").stdout.startswith("usage: triptych ")
    refused = python(site, tmp_path, "-m", "local_runner")
    assert refused.returncode == 2 and not refused.stdout
    assert refused.stderr.startswith(f"local_runner.py: {WITHOUT_DATA}")
    assert not [*tmp_path.iterdir()]


def test_an_environment_without_the_dependencies_is_told_so(site: Path, tmp_path: Path) -> None:
    done = python(site, tmp_path, "-S", "-m", "local_runner")  # without site-packages
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "lacks tfx" in done.stderr and "install the distribution with its depend" in done.stderr


def test_a_run_can_be_called_and_what_is_bad_is_a_sentence(site: Path, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; import pipeline\n"
        "from pipeline.api import BadInput, run\n"
        f"assert Path(pipeline.__file__).is_relative_to({str(site)!r}), pipeline.__file__\n"
        "for given in ({}, {'data_dir': 'nonesuch'}, {'profile': 'huge'}):\n"
        "    try:\n"
        "        run(**given)\n"
        "    except BadInput as error:\n"
        "        print('said', error)\n"
    )
    done = python(site, tmp_path, "-c", code)
    said = [line.partition(" ")[2] for line in done.stdout.splitlines() if line.startswith("said")]
    assert len(said) == 3, done.stdout + done.stderr
    assert said[0].startswith(WITHOUT_DATA)
    assert (
        said[1]
        == f"{tmp_path / 'nonesuch'} does not exist: name the folder that holds the IDX files."
    )
    assert "profile 'huge'" in said[2]
    assert not [*tmp_path.iterdir()]


def test_all_that_is_read_beside_the_code_is_there(site: Path, project: Path) -> None:
    beside = {
        path.relative_to(project)
        for package in PACKAGES
        for path in (project / package).rglob("*")
        if path.suffix in (".j2", ".npz", ".pbtxt", ".json") and "deploy" not in path.parts
    }
    assert {path.suffix for path in beside} == {".j2", ".npz", ".pbtxt", ".json"}
    assert not [path for path in beside if not (site / path).is_file()]


def test_a_report_is_made_whose_commands_work_from_everywhere(site: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "output")
    done = python(site, tmp_path, "-m", "components.results", "output")
    assert done.returncode == 0, done.stderr
    assert "</html>" in (folder / "report.html").read_text()
    lines = [command.line for command in read_report(folder / "report.json").commands]
    assert any(f"{sys.executable} -m components.results {tmp_path}" in line for line in lines)
    assert not [line for line in lines if ".venv/bin/python local_runner.py" in line]


@pytest.mark.slow
def test_a_smoke_run_is_pushed(site: Path, tmp_path: Path, mnist_dir: Path) -> None:
    code = (
        "import sys; from pipeline.api import run\n"
        "found = run(profile='smoke', data_dir=sys.argv[1])\n"
        "assert found.verdict.outcome == 'pushed' and len(found.predictions) == 2000\n"
    )
    done = python(site, tmp_path, "-c", code, str(mnist_dir), timeout=580)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [*(tmp_path / "output" / "serving" / "transformer").iterdir()]
