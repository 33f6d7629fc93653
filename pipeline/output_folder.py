"""The folder that a run writes to: one run at a time, and everything said goes to its log."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from modules.util.files import named
from pipeline.terminal import unbreakable

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class Busy(Exception):
    """Another run is using the folder, or nobody can tell."""


@contextlib.contextmanager
def only_run_in(folder: Path, without_lock: bool = False) -> Iterator[None]:
    """Holds a folder for one run; the lock ends with the process, however that ends.

    Args:
        folder: created when it is missing.
        without_lock: go on where the file system has no locks; nobody else may use the folder then.

    Raises:
        Busy: naming the folder and the other process; or the file system has no locks.
        OSError: when the folder cannot be made or written to; it names the folder or a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / ".lock"
    file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _take(file, folder, without_lock)
        try:
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        except OSError as error:
            raise named(error, lock) from error
        yield
    finally:
        os.close(file)


def _take(file: int, folder: Path, without_lock: bool) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.pread(file, 100, 0).decode(errors="replace").strip()
        raise Busy(
            f"another run (process {other or 'unknown'}) is using {folder}; "
            "wait for it, or give this one its own --output"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise named(error, folder / ".lock") from error
        if not without_lock:
            raise Busy(
                f"the file system of {folder} has no locks ({error.strerror}), so that two runs "
                "could spoil each other's work; name another --output, or give --no-lock if no "
                "other run uses this one"
            ) from None


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
