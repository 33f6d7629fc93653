"""Trainings beside each other, each in a thread with a Family of its own.

One training of a small network keeps a core and a half busy: between its steps there is Python,
and many of its operations are too small to be divided. TensorFlow works without Python's lock, so
that two threads fill two cores. What a training comes to does not depend on who is beside it.
"""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from collections.abc import Callable, Collection, Hashable
from types import TracebackType
from typing import Any, Generic, TypeVar

from modules.contract.family import Family

Result = TypeVar("Result")
Tell = Callable[[float], None]
Work = Callable[[Family, Tell], Result]

_SECONDS_BETWEEN_REPORTS = 0.2


class _Unwanted(BaseException):
    """Ends a training that nobody waits for any more; nothing that catches errors catches it."""


class _Job(Generic[Result]):
    """Work that was begun.

    Attributes:
        future: of its result.
        done: how much of it is done, in the caller's unit.
        unwanted: it shall end.
    """

    def __init__(self, work: Work[Result]) -> None:
        self.work = work
        self.future: concurrent.futures.Future[Result] | None = None
        self.done = 0.0
        self.unwanted = threading.Event()

    def tell(self, done: float) -> None:
        if self.unwanted.is_set():
            raise _Unwanted
        self.done = done


class Workers(Generic[Result]):
    """Does work under names, some of it ahead of being asked for its result.

    With one family, each work is done when it is asked for, by whoever asks.

    Args:
        family: that trains; another one is made of it if it can have a companion.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        self._jobs: dict[Hashable, _Job[Result]] = {}
        self._pool: concurrent.futures.Executor | None = None
        self._free: queue.SimpleQueue[Family] = queue.SimpleQueue()
        self._alone = False

    def __enter__(self) -> Workers[Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def several(self) -> bool:
        """Whether work is done ahead; the first to ask has the companion made."""
        if self._pool is None and not self._alone:
            companion = self._family.companion()
            self._alone = companion is None
            if companion is not None:
                for one in (self._family, companion):
                    self._free.put(one)
                self._pool = concurrent.futures.ThreadPoolExecutor(2, "training")
        return not self._alone

    def begin(self, name: Hashable, work: Work[Result]) -> None:
        """Begins work as soon as a worker is free, in the order of the calls; once under a name.

        Args:
            name: of the work.
            work: is given the family to train with, and whom to tell how much is done.
        """
        if name in self._jobs:
            return
        job = self._jobs[name] = _Job(work)
        if self.several and self._pool is not None:
            job.future = self._pool.submit(self._do, job)

    def _do(self, job: _Job[Result]) -> Result:
        family = self._free.get()
        try:
            job.tell(0.0)
            return job.work(family, job.tell)
        finally:
            self._free.put(family)

    def result(self, name: Hashable, tell: Tell) -> Result:
        """What a work that was begun came to; the name is free again.

        Args:
            name: of the work.
            tell: is told how much is done, of this work and of all that was begun besides.

        Raises:
            Exception: whatever the work raised.
        """
        job = self._jobs[name]
        try:
            if job.future is None:
                return job.work(self._family, tell)
            while not concurrent.futures.wait([job.future], _SECONDS_BETWEEN_REPORTS).done:
                tell(sum(one.done for one in self._jobs.values()))
            return job.future.result()
        finally:
            self._drop(name)

    def keep_only(self, names: Collection[Hashable]) -> None:
        """Ends all other work."""
        for name in set(self._jobs) - set(names):
            self._drop(name)

    def _drop(self, name: Hashable) -> None:
        job = self._jobs.pop(name)
        job.unwanted.set()
        if job.future is not None:
            job.future.cancel()

    def stop(self) -> None:
        """Ends all work, and waits until nothing is done any more."""
        self.keep_only(())
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None


def units(tell: Callable[[float], Any], of: float) -> Callable[[float], None]:
    """Tells parts, from 0 to 1, as parts of a number."""
    return lambda part: tell(part * of)
