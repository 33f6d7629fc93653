"""The hash of the code behind a node."""

from pathlib import Path

import pytest

from modules import families
from pipeline import sources


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(
        tmp_path,
        {
            "modules/__init__.py": "",
            "modules/a.py": "import numpy\nfrom modules import b\nfrom modules.c import thing\n",
            "modules/b.py": "x = 1\n",
            "modules/c.py": "def thing():\n    from modules import d\n",
            "modules/d.py": "import modules.a\n",
            "modules/other.py": "",
        },
    )
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    return tmp_path


def test_imports_are_followed(tree: Path) -> None:
    names = {path.name for path in sources.source_files("modules.a")}
    assert names == {"__init__.py", "a.py", "b.py", "c.py", "d.py"}


def test_hash_changes_with_what_is_imported_and_only_with_that(tree: Path) -> None:
    before = sources.source_hash("modules.a")
    (tree / "modules/other.py").write_text("y = 2\n")
    assert sources.source_hash("modules.a") == before
    (tree / "modules/d.py").write_text("import modules.a  # changed\n")
    assert sources.source_hash("modules.a") != before


def test_hash_changes_with_a_files_name(tree: Path) -> None:
    before = sources.source_hash("modules.a")
    (tree / "modules/d").mkdir()
    (tree / "modules/d.py").rename(tree / "modules/d/__init__.py")
    assert tree / "modules/d/__init__.py" in sources.source_files("modules.a")
    assert sources.source_hash("modules.a") != before


def test_hash_changes_with_the_data_of_what_is_imported(tree: Path) -> None:
    (tree / "modules/d.npz").write_bytes(b"weights")
    (tree / "modules/c.html.j2").write_bytes(b"a page")
    (tree / "modules/other.npz").write_bytes(b"weights")
    data = {path.name for path in sources.source_files("modules.a") if path.suffix != ".py"}
    assert data == {"d.npz", "c.html.j2"}
    before = sources.source_hash("modules.a")
    (tree / "modules/other.npz").write_bytes(b"changed")
    assert sources.source_hash("modules.a") == before
    (tree / "modules/d.npz").write_bytes(b"changed")
    changed = sources.source_hash("modules.a")
    (tree / "modules/d.npz").unlink()
    without = sources.source_hash("modules.a")
    (tree / "modules/c.html.j2").write_bytes(b"another page")
    assert len({before, changed, without, sources.source_hash("modules.a")}) == 4


def test_unknown_module_is_refused(tree: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nonesuch"):
        sources.source_hash("modules.nonesuch")


@pytest.mark.parametrize("family", families.names())
def test_a_family_is_part_of_its_trainer_alone(family: str) -> None:
    files = sources.source_files("modules.training.trainer", f"modules.families.{family}")
    assert {path.stem for path in files} & {*families.names()} == {family}
    data = sources.source_files("components.mnist_example_gen")
    assert not {path.stem for path in data} & {*families.names()}


@pytest.mark.parametrize("family", ["vae", "gan"])
def test_the_judge_is_part_of_a_generator(family: str) -> None:
    files = {path.name for path in sources.source_files(f"modules.families.{family}")}
    assert {"judge.py", "judge_weights.npz"} <= files
