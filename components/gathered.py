"""Facts about many Examples, which a metric gathers and asks once.

Beam's runner in this process copies what a metric holds from stage to stage, some five times over.
So it holds the names of files instead, where a folder for them is given.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

_BATCH = 1024  # Examples that wait in lists before they become one array

_folder: str | None = None

Rows = dict[str, np.ndarray]  # arrays of as many rows as there are Examples
_LABELS = ""  # their name among the facts, which have all another


def folder() -> str | None:
    """The folder that `on_disk` was given, while it is."""
    return _folder


@contextmanager
def on_disk(folder: str) -> Iterator[None]:
    """Keeps what is gathered meanwhile in files in a folder, which is the caller's to remove."""
    global _folder
    before, _folder = _folder, folder
    try:
        yield
    finally:
        _folder = before


class Gathered:
    """Labels and facts, in the order in which they came."""

    def __init__(self) -> None:
        self._parts: list[Rows | str] = []  # arrays, or the file that they are in
        self._waiting: dict[str, list[np.ndarray]] = {}

    def add(self, labels: Any, facts: Mapping[str, Any]) -> None:
        """Adds what is said of one Example or several: arrays with a row of each."""
        self._waiting.setdefault(_LABELS, []).append(np.asarray(labels).reshape(-1))
        for name, value in facts.items():
            self._waiting.setdefault(name, []).append(np.asarray(value))
        if len(self._waiting[_LABELS]) >= _BATCH:
            self.compact()

    def merge(self, others: Iterable[Gathered]) -> None:
        """Adds what others have gathered."""
        for other in (self, *others):
            other.compact()
            if other is not self:
                self._parts += other._parts
        self._join()

    def compact(self) -> None:
        """Makes arrays of lists."""
        if self._waiting:
            self._parts.append({name: np.concatenate(n) for name, n in self._waiting.items()})
            self._waiting = {}
        self._join()

    def whole(self) -> tuple[np.ndarray, Rows]:
        """The labels, (N,), and the facts, each with N rows; none have no facts either."""
        self.compact()
        parts = [_read(part) if isinstance(part, str) else dict(part) for part in self._parts]
        names = list(parts[0]) if parts else []
        # Each leaves its parts when it is whole, so that no more than one fact is there twice.
        found = {name: np.concatenate([part.pop(name) for part in parts]) for name in names}
        return found.pop(_LABELS, np.empty(0, np.int64)), found

    def _join(self) -> None:
        """Makes one array of those that follow each other, and a file of those that are large."""
        joined: list[Rows | str] = []
        for part in self._parts:
            last = joined[-1] if joined else ""
            if isinstance(part, str) or isinstance(last, str):
                joined.append(part)
            else:
                joined[-1] = {name: np.concatenate((last[name], part[name])) for name in last}
        self._parts = [_written(part) for part in joined]


def _written(part: Rows | str) -> Rows | str:
    if _folder is None or isinstance(part, str) or len(part[_LABELS]) < _BATCH:
        return part
    with tempfile.NamedTemporaryFile(dir=_folder, delete=False) as file:
        pickle.dump(part, file, pickle.HIGHEST_PROTOCOL)
    return file.name


def _read(name: str) -> Rows:
    with open(name, "rb") as file:
        found: Rows = pickle.load(file)
    return found


def finite_rows(facts: Mapping[str, np.ndarray], unmeasured: Collection[str]) -> np.ndarray:
    """Of which Examples all facts are finite, bool (N,), or NaN since they were not measured."""
    good = True
    for name, fact in facts.items():
        if fact.dtype.kind == "f":
            bad = np.isinf(fact) if name in unmeasured else ~np.isfinite(fact)
            good = good & ~bad.reshape(len(fact), -1).any(axis=1)
    return np.broadcast_to(good, len(next(iter(facts.values()))))
