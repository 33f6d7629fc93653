"""What scripts/new_family.py writes and refuses; tests/test_docs_families.py runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import new_family
from scripts.new_family import LIKE, Refused

LONG = "x" * 30  # as long as a name can be


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of one as the script looks at."""
    for file in ("modules/families/gan.py", "modules/networks/attention.py", "tests/test_idx.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    return tmp_path


@pytest.mark.parametrize("like", LIKE)
def test_a_family_and_its_test_are_written_and_nothing_else(
    checkout: Path, like: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {*checkout.rglob("*.py")}
    assert new_family.main(["mynet", "--like", like, "--to", str(checkout)]) == 0
    written = {str(path.relative_to(checkout)) for path in {*checkout.rglob("*.py")} - before}
    assert written == {"modules/families/mynet.py", "tests/test_mynet.py"}
    said = capsys.readouterr().out
    assert all(f"wrote {path}" in said for path in written)
    assert ".venv/bin/python local_runner.py --model mynet --profile smoke\n" in said
    family = (checkout / "modules/families/mynet.py").read_text()
    assert "class Mynet(" in family and "mine" not in family.lower().split()
    assert 'families.load("mynet")' in (checkout / "tests/test_mynet.py").read_text()


def test_its_style_is_the_projects_however_long_its_name_is(checkout: Path, project: Path) -> None:
    written = []
    for start, like in zip("ab", LIKE, strict=True):
        written += new_family.write(start, like, checkout)
        written += new_family.write(start + LONG[1:], like, checkout)
    options = ["--config", str(project / "pyproject.toml"), "--no-cache"]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options, *map(str, written)],
            cwd=project,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
    left_open = "TO" + "DO"
    assert not any(left_open in path.read_text() for path in written)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "cannot be the name of a family"),
        ("9lives", "cannot be the name of a family"),
        ("my-net", "cannot be the name of a family"),
        ("Net", "cannot be the name of a family"),
        ("../net", "cannot be the name of a family"),
        (LONG + "x", "cannot be the name of a family"),
        ("class", "is a word of Python's"),
        ("match", "is a word of Python's"),
        ("serving", "is a folder of every output folder"),
        ("gan", "modules/families/gan.py is there already"),
        ("attention", "modules/networks/attention.py is there already"),
        ("idx", "tests/test_idx.py is there already"),
    ],
)
def test_a_name_that_will_not_do_is_refused(
    checkout: Path, name: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {*checkout.rglob("*")}
    assert new_family.main([name, "--like", "classifier", "--to", str(checkout)]) == 2
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith("new_family.py: ") and why in said
    assert {*checkout.rglob("*")} == before


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is no checkout of this project"):
        new_family.write("net", "classifier", tmp_path)


def test_a_checkout_that_cannot_be_written_is_left_as_it_was(checkout: Path) -> None:
    (checkout / "tests/test_idx.py").unlink()
    (checkout / "tests").rmdir()
    (checkout / "tests").touch()  # where a folder should be, which root cannot write either
    with pytest.raises(Refused, match="tests/test_net.py cannot be written: Not a directory"):
        new_family.write("net", "classifier", checkout)
    assert not (checkout / "modules/families/net.py").exists()


def test_every_kind_is_a_template_that_is_checked_as_code(project: Path) -> None:
    found = {path.name for path in new_family.TEMPLATES.glob("*.py")}
    assert found == {f"{start}{like}.py" for start in ("", "test_") for like in LIKE}
    assert '"scripts/templates"' in (project / "pyproject.toml").read_text()  # mypy's files
