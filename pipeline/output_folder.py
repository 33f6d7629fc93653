"""The folder that a run writes to: one run at a time, and everything said goes to its log."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from pipeline.terminal import unbreakable


class Busy(Exception):
    """Another run is using the folder."""


@contextlib.contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Holds a folder for one run; the lock ends with the process, however that ends.

    Args:
        folder: created when it is missing.

    Raises:
        Busy: naming the folder and the other process.
        OSError: when the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Busy(
                f"another run (process {file.read().strip() or 'unknown'}) is using {folder}; "
                "wait for it, or give this one its own --output"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Makes a folder the working directory of this process, until the end."""
    before = os.open(".", os.O_PATH)  # which may have been removed, or have another name by then
    try:
        os.chdir(folder)
        yield
    finally:
        os.fchdir(before)
        os.close(before)


@contextlib.contextmanager
def output_to_log(log: Path) -> Iterator[TextIO]:
    """Sends what this process and its libraries print to a file instead of the screen.

    Also what C++ code prints, and child processes: the file descriptors themselves are moved.

    Args:
        log: appended to; its folder is created.

    Yields:
        The screen, as it was before.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with (
        open(log, "a", buffering=1, encoding="utf-8") as file,
        unbreakable(os.dup(1)) as screen,
    ):
        try:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            yield screen
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            os.close(kept[0])
            os.close(kept[1])
