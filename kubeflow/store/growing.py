"""Folders that go up as they grow, so that what a killed pod had finished is not lost with it.

Files are taken as they appear under their names, which they do whole (modules.util.files); the
oldest goes first and what is gone here is deleted last, so that the store has at any moment what
the folder here once was, or more.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kubeflow.store.files import Files
from kubeflow.store.trouble import StoreTrouble

SECONDS = 2.0  # between two looks
_log = logging.getLogger(__name__)


class _State(NamedTuple):
    """What tells that a file has been written again."""

    written: int
    size: int
    inode: int


class Growing:
    """Some folders, and what the store has of them.

    Args:
        files: of the store.
        root: the folder here that the store's keys begin in.
        folders: below the root.
    """

    def __init__(self, files: Files, root: Path, folders: tuple[Path, ...]) -> None:
        self._files, self._root, self._folders = files, root, folders
        self._sent: dict[str, _State] = {}

    def restore(self) -> int:
        """Brings what the store has of them; returns how many files that are."""
        keys = [key for folder in self._folders for key in self._files.listing(self._key(folder))]
        self._files.down((key, self._root / key) for key in keys)
        self._sent = {key: state for key, state in self._here().items() if key in keys}
        return len(keys)

    def send(self) -> None:
        """Makes the store's the same as those here."""
        here = self._here()
        changed = sorted(
            (key for key in here if self._sent.get(key) != here[key]), key=lambda k: here[k].written
        )
        for key in changed:
            try:
                self._files.up([(self._root / key, key)])
            except FileNotFoundError:
                continue  # a newer one has taken its place already
            self._sent[key] = here[key]
        gone = self._sent.keys() - here.keys()
        self._files.delete(gone)
        for key in gone:
            del self._sent[key]

    def _here(self) -> dict[str, _State]:
        found = {}
        for folder in self._folders:
            for path in folder.rglob("*"):
                if path.name.startswith(".") or not path.is_file():
                    continue  # being written
                with contextlib.suppress(FileNotFoundError):
                    stat = os.stat(path)
                    state = _State(stat.st_mtime_ns, stat.st_size, stat.st_ino)
                    found[self._key(path)] = state
        return found

    def _key(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


@contextlib.contextmanager
def kept(growing: Growing) -> Iterator[None]:
    """Sends folders as they grow, and once more when the work fails; what is done needs it no more.

    That a store does not answer for a while stops no work; it is said once.
    """
    over = threading.Event()

    def watch() -> None:
        silent = False
        while not over.wait(SECONDS):
            try:
                growing.send()
                silent = False
            except (StoreTrouble, OSError) as error:
                if not silent:
                    _log.warning("unfinished work is not kept for now: %s", error)
                silent = True

    thread = threading.Thread(target=watch, name="growing", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        over.set()
        thread.join()
        try:
            growing.send()
        except (StoreTrouble, OSError) as error:
            _log.warning("unfinished work is not kept: %s", error)
        raise
    finally:
        over.set()
        thread.join()
