"""What files hold, written down while they are whole, to see later whether they still are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

Manifest = Mapping[str, str]  # a file, below a root where it lies there -> its mark

HASHED = 64 * 1024  # bytes; of larger files, only the size is kept
"""Weights are large, and reading them would cost as much as using them."""


def take(root: Path, folders: Iterable[Path]) -> dict[str, str]:
    """Writes down all files in some folders.

    Args:
        root: what the manifest is valid below, wherever it will have been moved to.
        folders: which; one that is not there has no files.
    """
    return {
        _name(file, root): _mark(file)
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def first_change(root: Path, manifest: Manifest) -> str:
    """Says which file is no longer what it was; "" when all are.

    Args:
        root: what the manifest is valid below.
        manifest: as it was taken; files that have been added since are no change.
    """
    for name, mark in manifest.items():
        file = root / name
        try:
            size = file.stat().st_size
            if str(size) != mark.partition(" ")[0] or _mark(file) != mark:
                return f"{file} has changed"
        except OSError:
            return f"{file} is missing"
    return ""


def _name(file: Path, root: Path) -> str:
    return str(file.relative_to(root) if file.is_relative_to(root) else file)


def _mark(file: Path) -> str:
    size = os.stat(file).st_size
    if size > HASHED:
        return str(size)
    return f"{size} {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"
