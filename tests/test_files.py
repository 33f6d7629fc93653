"""Files and folders that a kill leaves old or new, never half."""

import os
import shutil
from pathlib import Path

import pytest

from modules.util.files import newest, remove, sweep, write_json, write_text


def test_a_write_that_breaks_off_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "deep" / "summary.json"
    write_json(file, {"a": 1})
    old = file.read_text()

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", kill)
    with pytest.raises(KeyboardInterrupt):
        write_json(file, {"a": 2})
    assert file.read_text() == old
    sweep(tmp_path)
    assert os.listdir(file.parent) == ["summary.json"]


def test_a_removal_that_breaks_off_leaves_nothing_under_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "training-1"
    write_text(folder / "a" / "weights", "x")
    real = shutil.rmtree

    def kill(path: Path, **_: object) -> None:
        if Path(path).exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", kill)
    with pytest.raises(KeyboardInterrupt):
        remove(folder)
    assert not folder.exists()
    monkeypatch.setattr(shutil, "rmtree", real)
    sweep(tmp_path)
    assert os.listdir(tmp_path) == []


def test_only_what_is_half_written_is_swept(tmp_path: Path) -> None:
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / ".latest.12.part").symlink_to("20260101-000000")
    (tmp_path / ".dataset.json.12.part").touch()
    (tmp_path / ".7.12.gone").mkdir()
    stays = [".film.part", ".gone", "notes.12.part", "vae"]
    for name in stays[:-1]:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert sorted(os.listdir(tmp_path)) == stays and not os.listdir(tmp_path / "vae")


def test_what_is_not_there_is_removed_already(tmp_path: Path) -> None:
    remove(tmp_path / "nothing")
    sweep(tmp_path / "nothing")


def test_a_folder_is_as_new_as_what_is_in_it(tmp_path: Path) -> None:
    assert newest(tmp_path / "nothing") == float("inf")
    write_text(tmp_path / "a" / "b", "x")
    for path, when in ((tmp_path / "a" / "b", 300), (tmp_path / "a", 200), (tmp_path, 100)):
        os.utime(path, (when, when))
    assert newest(tmp_path) == 300


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_not_replaced_by_one(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(OSError, match="no regular file"):
        write_text(path, "x")
    assert not path.is_file() and os.listdir(tmp_path) == ["there"]
