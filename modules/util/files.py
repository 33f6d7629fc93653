"""Writing and removing so that a kill at any moment leaves the old or the new, never half."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_LEFT = re.compile(r"\..+\.\d+\.(part|gone)")  # with the number of the process that wrote


def write_bytes(path: str | Path, content: bytes | memoryview) -> None:
    """Writes a file, all or nothing; makes the folder.

    Raises:
        OSError: it cannot be written, and nothing was left; it names the file, also when the disk
            is full, of which Python itself does not say where.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a device would be replaced by a file
        raise OSError(errno.EEXIST, "is there, and is no regular file", str(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise named(error, path) from error


def write_text(path: str | Path, text: str) -> None:
    """Writes text as UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode())


def write_json(path: str | Path, value: Any) -> None:
    """Writes a value as JSON, all or nothing."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def named(error: OSError, path: str | Path) -> OSError:
    """The same error about a file, of which it says the name."""
    return OSError(error.errno, error.strerror or str(error), str(path))


def remove(folder: str | Path) -> None:
    """Removes a folder with all that is in it; one that is not there is no fault.

    It loses its name first, so that a kill in the middle leaves nothing half-removed under it.
    """
    folder = Path(folder)
    gone = folder.with_name(f".{folder.name}.{os.getpid()}.gone")
    shutil.rmtree(gone, ignore_errors=True)
    try:
        os.replace(folder, gone)
    except FileNotFoundError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def sweep(folder: str | Path) -> None:
    """Removes, at any depth, what killed processes left of this module's functions."""
    for path in Path(folder).rglob(".*.*"):
        if not _LEFT.fullmatch(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def newest(folder: str | Path) -> float:
    """When a folder, or what is in it at any depth, was changed last; infinity if it is not there.

    In seconds since 1970.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return math.inf
    return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))


def digest(value: Any) -> str:
    """A short name for a JSON value: equal values, equal names."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_files(names: Iterable[str]) -> str:
    """A short name for what the files hold, wherever they lie."""
    found = hashlib.sha256()
    for name in sorted(names, key=os.path.basename):
        content = Path(name).read_bytes()
        found.update(f"{os.path.basename(name)} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()[:16]
