"""The example of docs/families.md is the whole of a new family, from its one file to a verdict."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CODE = ("components", "kubeflow", "modules", "pipeline")
# A run, and the one that its last line says; one process imports the libraries for both, and asks
# the model of the second, too.
THEN_ACCEPTED = """
import contextlib, io, shlex, sys
import local_runner
from tests.serving import asked_here
with contextlib.redirect_stdout(io.StringIO()) as screen:
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
    """A copy of the project's code with the page's code block as one more file."""
    folder = tmp_path_factory.mktemp("clone")
    for name in CODE:
        shutil.copytree(project / name, folder / name)
    (folder / "tests").mkdir()
    for name in ("local_runner.py", "pyproject.toml", "tests/__init__.py", "tests/serving.py"):
        shutil.copy(project / name, folder / name)
    page = (project / "docs" / "families.md").read_text()
    [file] = re.findall(r"Save this as `(modules/families/\w+\.py)`", page)
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert not (folder / file).exists()
    (folder / file).write_text(code)
    return folder


def run(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(clone, "local_runner.py", *arguments)


def python(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_it_runs_to_a_verdict(clone: Path, make_dataset, tmp_path: Path) -> None:
    data, output = make_dataset(tmp_path / "idx", train=1500, test=400), tmp_path / "output"
    options = ("--model", "logistic", "--profile", "smoke", "--data-dir", str(data))
    done = python(clone, "-c", THEN_ACCEPTED, *options, "--output", str(output))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((output / "logistic" / "summary.json").read_text())
    assert summary["verdict"]["outcome"] == "pushed"
    assert summary["evaluation"]["overall"]["accuracy"] > 0.7
    assert len(summary["tuning"]["trials"]) > 1
    assert (Path(summary["pushed"]) / "saved_model.pb").exists()


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
