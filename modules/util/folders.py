"""The working directory of this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def working_in(folder: str | Path) -> Iterator[None]:
    """Makes a folder the working directory of this process, until the end."""
    before = os.open(".", os.O_PATH)  # which may have been removed, or have another name by then
    try:
        os.chdir(folder)
        yield
    finally:
        os.fchdir(before)
        os.close(before)
