"""Folders in the store, such that nobody takes half of one for the whole.

A list of a folder's files is written when all of them are there, and goes first when the folder is
written anew. The lists of all folders lie in one, so that one request tells which there are: a
store lists a folder at a time, and has thousands after some hundred runs.

    PREFIX/output/artifacts/vae/Trainer/model/7/...
    PREFIX/whole/output--artifacts--vae--Trainer--model--7.json
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from components.manifest import first_change, take
from kubeflow.store.files import Files
from kubeflow.store.trouble import NotThere, StoreTrouble

LISTS = "whole"
_FILES, _FOLDERS = "files", "folders"


def known(files: Files) -> Collection[str]:
    """The keys of all lists that there are."""
    return files.listing(LISTS, deep=False).keys()


def list_of(folder: str) -> str:
    """The key of a folder's list."""
    return f"{LISTS}/{folder.replace('/', '--')}.json"


def put(files: Files, local: Path, folder: str) -> None:
    """Makes a folder in the store what it is here.

    Args:
        files: of the store.
        local: the folder here.
        folder: its key.
    """
    files.delete([list_of(folder)])
    inside = take(local, [local])
    files.up((local / name, f"{folder}/{name}") for name in inside)
    files.delete(files.listing(folder).keys() - {f"{folder}/{name}" for name in inside})
    _write(files, folder, inside, _empty(local))


def get(files: Files, folder: str, local: Path) -> None:
    """Brings a folder from the store.

    Args:
        files: of the store.
        folder: its key.
        local: the folder here.

    Raises:
        StoreTrouble: it is not whole there, or did not arrive as it was sent; then it counts as
            lost from now on, and the next run makes it anew.
    """
    inside = _read(files, folder)
    local.mkdir(parents=True, exist_ok=True)
    try:
        files.down((f"{folder}/{name}", local / name) for name in inside[_FILES])
        change = first_change(local, inside[_FILES])
    except NotThere as error:
        change = str(error)
    if change:
        files.delete([list_of(folder)])
        raise StoreTrouble(
            f"the object store {files.address} has {folder} otherwise than it was written "
            f"({change.replace(str(local), folder)}); run the pipeline again, which makes it anew"
        )
    for name in inside[_FOLDERS]:
        (local / name).mkdir(parents=True, exist_ok=True)


def add(files: Files, local: Path, folder: str, before: Mapping[str, str]) -> None:
    """Adds to a folder in the store what has been written into it here.

    Args:
        files: of the store.
        local: the folder here.
        folder: its key.
        before: what was in it, by `components.manifest.take`.
    """
    now = take(local, [local])
    changed = [name for name, mark in now.items() if before.get(name) != mark]
    if changed:
        files.up((local / name, f"{folder}/{name}") for name in changed)
        _write(files, folder, now, _empty(local))


def _read(files: Files, folder: str) -> dict[str, dict[str, str]]:
    told = files.read(list_of(folder))
    if told is None:
        raise StoreTrouble(
            f"the object store {files.address} has no whole {folder}: it was deleted there, or "
            "never came to its end; run the pipeline again, which makes it anew"
        )
    found: dict[str, dict[str, str]] = json.loads(told)
    return found


def _write(files: Files, folder: str, inside: Mapping[str, str], empty: list[str]) -> None:
    text = json.dumps({_FILES: inside, _FOLDERS: empty}, indent=1, sort_keys=True)
    files.write(list_of(folder), text.encode())


def _empty(local: Path) -> list[str]:
    """The folders in a folder with nothing in them, of which a store has no notion."""
    folders: Iterable[Path] = (path for path in local.rglob("*") if path.is_dir())
    return sorted(str(path.relative_to(local)) for path in folders if not any(path.iterdir()))
