"""A folder in the store, such that nobody takes half of it for the whole.

Its list of files comes last: without that list a folder is what a killed upload has left. The list
goes first when the folder is written anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from components.manifest import first_change, take
from kubeflow.store.files import Files, Found
from kubeflow.store.trouble import StoreTrouble

LIST = ".whole.json"  # in the folder, in the store alone


def is_whole(listing: Mapping[str, Found], folder: str) -> bool:
    """Whether a folder in the store is whole.

    Args:
        listing: of files in the store, with those of the folder.
        folder: its key.
    """
    return f"{folder}/{LIST}" in listing


def put(files: Files, local: Path, folder: str) -> None:
    """Makes a folder in the store what it is here.

    Args:
        files: of the store.
        local: the folder here.
        folder: its key.
    """
    before = files.list(folder)
    files.delete(key for key in before if key.endswith(f"/{LIST}"))
    mine = {f"{folder}/{name}": local / name for name in take(local, [local])}
    files.up((path, key) for key, path in mine.items())
    files.delete(before.keys() - mine.keys() - {f"{folder}/{LIST}"})
    inside = {"files": take(local, [local]), "folders": _empty(local)}
    files.write(f"{folder}/{LIST}", json.dumps(inside, indent=1, sort_keys=True).encode())


def get(files: Files, folder: str, local: Path) -> None:
    """Brings a folder from the store, with what was added to it since it was whole.

    Args:
        files: of the store.
        folder: its key.
        local: the folder here.

    Raises:
        StoreTrouble: it is not whole there, or did not arrive as it was sent.
    """
    told = files.read(f"{folder}/{LIST}")
    if told is None:
        raise StoreTrouble(
            f"the object store {files.address} has no whole {folder}: it was deleted there, or "
            "never came to its end; run the pipeline again, which makes it anew"
        )
    inside = json.loads(told)
    keys = [key for key in files.list(folder) if key != f"{folder}/{LIST}"]
    local.mkdir(parents=True, exist_ok=True)
    files.down((key, local / key.removeprefix(f"{folder}/")) for key in keys)
    for name in inside["folders"]:
        (local / name).mkdir(parents=True, exist_ok=True)
    if change := first_change(local, inside["files"]):
        raise StoreTrouble(
            f"the object store {files.address} has {folder} otherwise than it was written "
            f"({change.replace(str(local), folder)}); delete that folder there, and run the "
            "pipeline again, which makes it anew"
        )


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
    files.up((local / name, f"{folder}/{name}") for name in changed)


def _empty(local: Path) -> list[str]:
    """The folders in a folder with nothing in them, of which a store has no notion."""
    folders: Iterable[Path] = (path for path in local.rglob("*") if path.is_dir())
    return sorted(str(path.relative_to(local)) for path in folders if not any(path.iterdir()))
