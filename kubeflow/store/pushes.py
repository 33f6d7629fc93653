"""Pushed models in the store: a server that watches them there never sees half a version as one.

A version counts when it has its `saved_model.pb`, so that comes last. What says who pushed it comes
first, so that what a killed push has left is known for what it is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from components.results.facts import PUSHED_BY
from kubeflow.store.files import Files, Found
from kubeflow.store.trouble import StoreTrouble

MODEL = "saved_model.pb"
_ABANDONED = 24 * 3600.0  # seconds; no upload takes that long
_LOOKED_AT = 10  # versions


def versions(files: Files, folder: str) -> list[int]:
    """The versions in a folder that a server watches, whole or not, the newest first."""
    names = files.folders(folder)
    return sorted((int(name) for name in names if name.isascii() and name.isdigit()), reverse=True)


def newest(files: Files, folder: str) -> int:
    """The greatest whole version in a folder; 0 when there is none."""
    return next((v for v in versions(files, folder) if _is_whole(files, f"{folder}/{v}")), 0)


def put(files: Files, local: Path, version: str) -> None:
    """Brings a version into the store.

    Args:
        files: of the store.
        local: the folder of the version here.
        version: its key.

    Raises:
        StoreTrouble: another run has pushed under the same number meanwhile.
    """
    if there := files.listing(version):
        if f"{version}/{MODEL}" in there and _is_by(files, version, _pusher(local)):
            return  # it was brought there by a push that was killed before anything knew of it
        raise StoreTrouble(
            f"the object store {files.address} has {version} already, which another run pushed at "
            "the same moment; try this task again"
        )
    names = sorted(str(path.relative_to(local)) for path in local.rglob("*") if path.is_file())
    first = [name for name in names if name == PUSHED_BY]
    last = [name for name in names if name == MODEL]
    for some in (first, [name for name in names if name not in (PUSHED_BY, MODEL)], last):
        files.up((local / name, f"{version}/{name}") for name in some)


def get(files: Files, version: str, local: Path) -> None:
    """Brings a whole version from the store."""
    keys = files.listing(version)
    files.down((key, local / key.removeprefix(f"{version}/")) for key in keys)


def clear(files: Files, folder: str, mine: str) -> None:
    """Deletes what killed pushes have left half among the newest versions.

    Args:
        files: of the store.
        folder: that a server watches.
        mine: the artifact that is about to know of a push, as `components.pusher` notes it.
    """
    for version in versions(files, folder)[:_LOOKED_AT]:
        key = f"{folder}/{version}"
        there = files.listing(key)
        if f"{key}/{MODEL}" not in there and (_is_by(files, key, mine) or _is_old(there)):
            files.delete(there)


def _is_whole(files: Files, version: str) -> bool:
    return f"{version}/{MODEL}" in files.listing(version, deep=False)


def _is_by(files: Files, version: str, mine: str) -> bool:
    return (files.read(f"{version}/{PUSHED_BY}") or b"").decode("utf-8", "replace") == mine


def _pusher(local: Path) -> str:
    return (local / PUSHED_BY).read_text(encoding="utf-8")


def _is_old(there: Mapping[str, Found]) -> bool:
    return time.time() - max((one.written for one in there.values()), default=0) > _ABANDONED
