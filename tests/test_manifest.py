"""Whether files are what they were when they were whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.manifest import HASHED, first_change, take


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").write_text("graph")
    (tmp_path / "model" / "variables" / "weights").write_bytes(bytes(HASHED + 1))
    return tmp_path


def test_what_is_as_it_was_has_not_changed_wherever_it_lies(root: Path) -> None:
    manifest = take(root, [root / "model"])
    assert list(manifest) == ["model/saved_model.pb", "model/variables/weights"]
    assert first_change(root, manifest) == ""
    (root / "model" / "more").write_text("added")
    assert first_change(root, manifest) == ""
    moved = root.with_name("[moved] elsewhere")
    root.rename(moved)
    assert first_change(moved, manifest) == ""
    assert first_change(root, manifest) == f"{root}/model/saved_model.pb is missing"


def _empty(root: Path) -> None:
    (root / "model" / "saved_model.pb").write_text("")


def _other(root: Path) -> None:
    (root / "model" / "saved_model.pb").write_text("grapH")


def _cut(root: Path) -> None:
    (root / "model" / "variables" / "weights").write_bytes(bytes(HASHED - 1))


def _remove(root: Path) -> None:
    (root / "model" / "variables" / "weights").unlink()


def _replace(root: Path) -> None:
    (root / "model" / "saved_model.pb").unlink()
    (root / "model" / "saved_model.pb").mkdir()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_empty, "model/saved_model.pb has changed"),
        (_other, "model/saved_model.pb has changed"),
        (_cut, "model/variables/weights has changed"),
        (_remove, "model/variables/weights is missing"),
        (_replace, "model/saved_model.pb"),
    ],
)
def test_a_change_names_the_file(damage: Callable[[Path], None], words: str, root: Path) -> None:
    manifest = take(root, [root / "model"])
    damage(root)
    assert words in first_change(root, manifest)


def test_what_lies_elsewhere_keeps_its_address(root: Path) -> None:
    inside = root / "output"
    manifest = take(inside, [root / "model", inside / "nowhere"])
    assert set(manifest) == {
        str(root / "model" / "saved_model.pb"),
        str(root / "model" / "variables" / "weights"),
    }
    assert first_change(inside, manifest) == ""
