"""A new family, from its one file to a verdict: the example of docs/families.md, and what
scripts/new_family.py writes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import new_family

COPIED = ("components", "kubeflow", "modules", "pipeline", "tests")
WRITTEN = {"mynet": "classifier", "mycoder": "generator"}
# The tests of what was written; a run of each family; and of the page's, the one that its last line
# says. One process imports the libraries for all of it.
ALL_OF_IT = """
import contextlib, io, json, shlex, sys
from pathlib import Path
import pytest
import local_runner
from tests.serving import asked_here
folder, data, written = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
ended = {}

def run(name, *arguments):
    with contextlib.redirect_stdout(io.StringIO()) as screen, asked_here():
        ended[name] = {"code": local_runner.main([*arguments]), "said": screen.getvalue()}

for name in ("logistic", *written):
    options = ("--model", name, "--profile", "smoke", "--data-dir", data)
    run(name, *options, "--output", str(folder / name))
python, program, *accept = shlex.split(ended["logistic"]["said"].strip().splitlines()[-1])
assert (python, program) == (".venv/bin/python", "local_runner.py")
run("accepted", *accept)
tests = [f"tests/test_{name}.py" for name in written]
with contextlib.redirect_stdout(io.StringIO()) as screen:
    code = pytest.main([*tests, "tests/test_families.py", "-k", " or ".join(written)])
ended["tests"] = {"code": int(code), "said": screen.getvalue()}
(folder / "ended.json").write_text(json.dumps(ended))
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A copy of the project's code with the page's code block as one more file, and with what the
    script writes."""
    folder = tmp_path_factory.mktemp("clone")
    for name in COPIED:
        shutil.copytree(project / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("local_runner.py", "pyproject.toml"):
        shutil.copy(project / name, folder / name)
    (folder / "data").symlink_to(project / "data")
    page = (project / "docs" / "families.md").read_text()
    [file] = re.findall(r"Save this as `(modules/families/\w+\.py)`", page)
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert not (folder / file).exists()
    (folder / file).write_text(code)
    for name, like in WRITTEN.items():
        new_family.write(name, like, folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of `ended` leave their output."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def ended(clone: Path, folder: Path, make_dataset: Any) -> dict[str, Any]:
    """How each part of ALL_OF_IT ended, with what it said."""
    data = make_dataset(folder / "idx", train=1500, test=400)
    done = python(clone, "-c", ALL_OF_IT, str(folder), str(data), *WRITTEN)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads((folder / "ended.json").read_text()))


def python(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: os.environ[name] for name in os.environ if "PYTEST" not in name}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=clone,
        env={**environment, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=500,
    )


def run(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(clone, "local_runner.py", *arguments)


def test_the_pages_family_runs_to_a_verdict(ended: dict[str, Any], folder: Path) -> None:
    assert ended["logistic"]["code"] == 3, ended["logistic"]["said"]
    assert ended["accepted"]["code"] == 0, ended["accepted"]["said"]
    summary = json.loads((folder / "logistic" / "logistic" / "summary.json").read_text())
    assert summary["verdict"]["outcome"] == "pushed"
    assert summary["evaluation"]["overall"]["accuracy"] > 0.7
    assert len(summary["tuning"]["trials"]) > 1
    assert (Path(summary["pushed"]) / "saved_model.pb").exists()


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_runs_to_a_proposal_of_gates(
    name: str, ended: dict[str, Any], folder: Path
) -> None:
    assert ended[name]["code"] == 3, ended[name]["said"]
    summary = json.loads((folder / name / name / "summary.json").read_text())
    assert summary["verdict"]["outcome"] == "refused"
    assert {node["node"]: node["state"] for node in summary["nodes"]}["ServingCheck"] == "done"
    accept = ended[name]["said"].strip().splitlines()[-1]
    assert "--gates" in accept and (folder / name / name / "latest").is_dir()


def test_what_is_written_passes_its_own_tests_and_the_contracts(ended: dict[str, Any]) -> None:
    said = ended["tests"]["said"]
    assert ended["tests"]["code"] == 0, said
    assert int(re.findall(r"(\d+) passed", said)[0]) > 20 and "failed" not in said


def test_it_is_offered_and_its_style_is_the_projects(clone: Path) -> None:
    assert "logistic" in run(clone, "--help").stdout
    file = "modules/families/logistic.py"
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, file],
            cwd=clone,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


def test_a_broken_one_is_refused_by_the_clauses_name_before_work(
    clone: Path, tmp_path: Path, mnist_dir: Path
) -> None:
    good = clone / "modules" / "families" / "logistic.py"
    bad = good.with_name("broken.py")
    text = good.read_text()
    place = "    hyperparameters = (\n"
    assert place in text
    bad.write_text(text.replace(place, f'    served = ("images",)\n{place}'))
    output = tmp_path / "output"
    try:
        done = run(
            clone, "--model", "broken", "--data-dir", str(mnist_dir), "--output", str(output)
        )
    finally:
        bad.unlink()
    assert done.returncode == 2
    said = done.stdout + done.stderr
    assert "served: serving_default is not among them" in said and "Traceback" not in said
    assert not (output / "artifacts").exists()
