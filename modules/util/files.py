"""Writing files so that a kill at any moment leaves the old file or the new one, never half."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_text(path: str | Path, text: str) -> None:
    """Writes text as UTF-8, all or nothing; makes the folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def write_json(path: str | Path, value: Any) -> None:
    """Writes a value as JSON, all or nothing."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


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
