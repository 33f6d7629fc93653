"""Trainings beside each other, each in a thread with a Family of its own.

One training of a small network keeps a core and a half busy: between its steps there is Python,
and many of its operations are too small to be divided. TensorFlow works without Python's lock, so
that two threads fill two cores. What a training comes to does not depend on who is beside it.
"""

from __future__ import annotations

import concurrent.futures
import ctypes
import threading
from collections.abc import Callable, Collection, Hashable
from types import TracebackType
from typing import Generic, TypeVar

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
        work: to do.
        kind: what it has in common with other work.
        future: its result.
        done: how much of it is done, in the caller's unit.
        unwanted: it shall end.
        thread: that does it; 0 for none.
    """

    def __init__(self, work: Work[Result], kind: Hashable) -> None:
        self.work, self.kind = work, kind
        self.future: concurrent.futures.Future[Result] = concurrent.futures.Future()
        self.done = 0.0
        self.unwanted = threading.Event()
        self.thread = 0

    def tell(self, done: float) -> None:
        if self.unwanted.is_set():
            raise _Unwanted
        self.done = done

    def do(self, family: Family) -> None:
        self.thread = threading.get_ident()
        try:
            try:
                self.tell(0.0)
                found = self.work(family, self.tell)
            finally:
                self.thread = 0
        except BaseException as error:  # for whoever asks
            self.future.set_exception(error)
        else:
            self.future.set_result(found)

    def end(self) -> None:
        """Ends it wherever it is, as Ctrl-C ends what the main thread does: between two operations,
        also while a step is traced, which tells nobody how far it is."""
        self.unwanted.set()
        if self.thread:
            ended = ctypes.py_object(_Unwanted)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ended)


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
        self._alone = False
        self._lock = threading.Lock()
        self._waiting: list[_Job[Result]] = []
        self._free: list[tuple[Family, set[Hashable]]] = []  # with the kinds that each has done
        self._known: list[set[Hashable]] = []

    def __enter__(self) -> Workers[Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:  # whoever has pressed Ctrl-C does not want to wait
            for job in list(self._jobs.values()):
                job.end()
        self.stop()

    @property
    def several(self) -> bool:
        """Whether work is done ahead; the first to ask has the companion made."""
        if self._pool is None and not self._alone:
            companion = self._family.companion()
            self._alone = companion is None
            if companion is not None:
                self._known = [set(), set()]
                self._free = list(zip((self._family, companion), self._known, strict=True))
                self._pool = concurrent.futures.ThreadPoolExecutor(2, "training")
        return not self._alone

    def __contains__(self, name: object) -> bool:
        """Whether work was begun under a name, and its result is to be asked for still."""
        return name in self._jobs

    def begin(self, name: Hashable, work: Work[Result], kind: Hashable = None) -> None:
        """Begins work as soon as a worker is free, once under a name.

        Args:
            name: of the work.
            work: is given the family to train with, and whom to tell how much is done.
            kind: whoever has done work of a kind has a model for it, and prefers it to what was
                begun earlier.
        """
        if name in self._jobs:
            return
        job = self._jobs[name] = _Job(work, kind)
        if self.several and self._pool is not None:
            with self._lock:
                self._waiting.append(job)
            self._pool.submit(self._do_one)

    def _do_one(self) -> None:
        with self._lock:
            if not self._waiting:
                return  # nobody wants it any more
            family, mine = self._free.pop(0)
            job = self._chosen(mine)
            self._waiting.remove(job)
            mine.add(job.kind)
        try:
            job.do(family)
        finally:
            with self._lock:
                self._free.append((family, mine))

    def _chosen(self, mine: Collection[Hashable]) -> _Job[Result]:
        """What a worker does next: what it has a model for, then what nobody has one for."""
        taken = set().union(*self._known)
        return min(self._waiting, key=lambda job: (job.kind not in mine, job.kind in taken))

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
            if self._pool is None:
                return job.work(self._family, tell)
            while not concurrent.futures.wait([job.future], _SECONDS_BETWEEN_REPORTS).done:
                tell(sum(one.done for one in self._jobs.values()))
            return job.future.result()
        except BaseException:
            job.end()  # it is going on if it was the wait that was interrupted
            raise
        finally:
            self._drop(name)

    def keep_only(self, names: Collection[Hashable]) -> None:
        """Ends all other work."""
        for name in set(self._jobs) - set(names):
            self._drop(name)

    def _drop(self, name: Hashable) -> None:
        job = self._jobs.pop(name)
        job.unwanted.set()
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)

    def stop(self) -> None:
        """Ends all work, and waits until nothing is done any more."""
        self.keep_only(())
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
