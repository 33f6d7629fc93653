"""Durable steps of a run: what another process would find changed afterwards.

Installed in a process before it runs, the wrappers here name each step in turn and let one of them
never happen: the process is killed just before it, or the disk is full from it on.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

# Without these a run ends as it would have: the next one only takes longer, or there is no page.
_SPARED = ("unchanged.json", "report.html", "report.json", "report.md", "predictions.csv")
ROOT = Path(__file__).resolve().parents[2]
_UNREAD = {".tmp", ".system"}  # no later run reads what is in them
# Through these the project's own code makes a step.
_BETWEEN = ("pathlib", "os", "shutil", "contextlib", "functools", "keras", "tests")


class Step(NamedTuple):
    """A durable step.

    Attributes:
        place: the node in which it is made, or "start" or "end".
        name: what is done, such as "replace summary.json".
        kills: whether a kill before it leaves something else than a kill after it.
        fills: whether a full disk stops it in a function of the project.
    """

    place: str
    name: str
    kills: bool
    fills: bool


class Recorder:
    """Sees all steps of this process below a folder, and may stop one.

    Args:
        folder: the output folder; steps elsewhere do not count.
        see: called with each step before it is made, and with its path ("" for a commit of the
            store); may end the process or raise.
    """

    def __init__(self, folder: Path, see: Callable[[Step, str], None]) -> None:
        self.place = "start"
        self._folder = os.path.realpath(folder) + os.sep
        self._see = see
        self._removing = ""  # the folder that is being removed
        self._removed = 0  # entries of it

    def install(self) -> None:
        """Wraps what makes steps, for the rest of the process."""
        import keras
        import tensorflow as tf
        from ml_metadata.metadata_store import MetadataStore

        self._wrap(os, "replace", self._rename)
        self._wrap(os, "rename", self._rename)
        self._wrap(os, "unlink", self._unlink)
        self._wrap(os, "remove", self._unlink)
        self._wrap(
            os, "symlink", lambda _, link, *__, **___: self._tell("symlink", link, fills=True)
        )
        self._wrap(shutil, "rmtree", self._rmtree)
        self._wrap(tf.io.gfile, "rmtree", self._rmtree)
        self._wrap(tf.io.gfile, "rename", self._rename)
        self._wrap(
            tf.io.gfile, "copy", lambda _, to, *__, **___: self._tell("copy", to, kills=True)
        )
        for kind, name in (
            (Path, "write_text"),
            (Path, "write_bytes"),
            (keras.export.ExportArchive, "write_out"),
        ):
            self._wrap(kind, name, functools.partial(self._write, name))
        self._wrap(MetadataStore, "_call", self._commit)

    def _wrap(self, holder: Any, name: str, before: Callable[..., Any]) -> None:
        real = getattr(holder, name)

        @functools.wraps(real)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            before(*args, **kwargs)
            try:
                return real(*args, **kwargs)
            finally:
                if name == "rmtree":
                    self._removing = ""

        setattr(holder, name, wrapped)

    def _rename(self, source: Any, target: Any, **_: Any) -> None:
        if os.path.lexists(source):
            self._tell("rename to", target, kills=True, fills=os.path.isdir(source))

    def _symlink(self, target: Any, link: Any, *_: Any, **__: Any) -> None:
        self._tell("symlink", link, fills=True)

    def _copy(self, source: Any, target: Any, *_: Any, **__: Any) -> None:
        self._tell("copy", target, kills=True)

    def _unlink(self, path: Any, dir_fd: int | None = None) -> None:
        if dir_fd is None:
            if os.path.lexists(path):
                self._tell("unlink", path, kills=True)
        elif self._removing:
            self._removed += 1
            if self._removed == 2:  # one is gone, others are there
                self._tell("in the middle of rmtree", self._removing, kills=True)

    def _rmtree(self, path: Any, *_: Any, **__: Any) -> None:
        if os.path.isdir(path):
            self._tell("rmtree", path, kills=True)
        self._removing, self._removed = os.fspath(path), 0

    def _write(self, name: str, *args: Any, **_: Any) -> None:
        path = Path(args[1] if name == "write_out" else args[0])
        try:
            self._tell(name, path, fills=True)
        except OSError:
            if name == "write_out":
                path.mkdir()
                path = path / "saved_model.pb"
            with open(path, "wb") as half:
                half.write(b"all that there was room for")
            raise

    def _commit(self, store: Any, method: str, *_: Any, **__: Any) -> None:
        if method.startswith("Put"):
            self._see(Step(self.place, f"commit {method}", True, False), "")

    def _tell(self, name: str, path: Any, kills: bool = False, fills: bool = False) -> None:
        where = os.path.abspath(os.fspath(path))
        below = Path(where[len(self._folder) :]).parts
        if where.startswith(self._folder) and not _UNREAD.intersection(below):
            own = _is_own()
            # Beam writes and removes folders of its own beside what it renames at last.
            passing = not own and "rmtree" in name
            called = re.sub(r"^part-\d+|\.\d+(?=\.(part|gone)$)", "", os.path.basename(where))
            needed = not any(name in called for name in _SPARED)
            step = Step(self.place, f"{name} {called}", kills, fills and own and needed)
            if (step.kills and not passing) or step.fills:
                self._see(step, where)


def _is_own() -> bool:
    """Whether code of the project makes this step, if through the standard library or Keras."""
    frame: Any = sys._getframe(1)
    while frame.f_globals.get("__name__", "").split(".")[0] in _BETWEEN:
        frame = frame.f_back
    file = Path(frame.f_code.co_filename)
    return file.is_relative_to(ROOT) and ".venv" not in file.parts
