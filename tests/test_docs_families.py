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
RUNS = (
    "mynet",
    pytest.param("mycoder", marks=pytest.mark.slow),
    pytest.param("logistic", marks=pytest.mark.slow),
)
# A run, and the one that its last line says; one process imports the libraries for both, and asks
# their models, too. What a rehearsal would find, the contract's tests do.
THEN_ACCEPTED = """
import contextlib, io, shlex, sys
import local_runner
from tests import rehearsals
from tests.serving import asked_here
rehearsals.leave_out()
with contextlib.redirect_stdout(io.StringIO()) as screen, asked_here():
    refused = local_runner.main(sys.argv[1:])
said = screen.getvalue()
print(said)
assert refused == 3
python, program, *accept = shlex.split(said.strip().splitlines()[-1])
assert (python, program) == (".venv/bin/python", "local_runner.py")
with asked_here():
    sys.exit(local_runner.main(accept))
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


@pytest.mark.parametrize("name", RUNS)
def test_it_runs_to_a_verdict(name: str, clone: Path, make_dataset: Any, tmp_path: Path) -> None:
    data, output = make_dataset(tmp_path / "idx", train=1500, test=400), tmp_path / "output"
    options = ("--model", name, "--profile", "smoke", "--data-dir", str(data))
    done = python(clone, "-c", THEN_ACCEPTED, *options, "--output", str(output))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((output / name / "summary.json").read_text())
    assert summary["verdict"]["outcome"] == "pushed"
    overall = summary["evaluation"]["overall"]
    assert overall["mse"] < 0.06 if name == "mycoder" else overall["accuracy"] > 0.7
    assert len(summary["tuning"]["trials"]) > (2 if name == "logistic" else 0)
    assert (Path(summary["pushed"]) / "saved_model.pb").exists()


def test_each_passes_its_own_tests_and_the_contracts(clone: Path) -> None:
    files = [f"tests/test_{name}.py" for name in WRITTEN] + ["tests/test_families.py"]
    names = " or ".join(["logistic", *WRITTEN])
    done = python(clone, "-m", "pytest", "-p", "no:cacheprovider", *files, "-k", names)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 30
    assert "skipped" not in done.stdout


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
