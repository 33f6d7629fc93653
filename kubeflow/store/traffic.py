"""What a store costs a pod: the files and bytes that went each way, and the time that they took."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator


class Traffic:
    """Counts; several threads may."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._down, self._up = (0, 0), (0, 0)
        self._seconds = 0.0

    def came(self, size: int) -> None:
        """Counts a file that came, by its bytes."""
        with self._lock:
            self._down = (self._down[0] + 1, self._down[1] + size)

    def went(self, size: int) -> None:
        """Counts a file that went, by its bytes."""
        with self._lock:
            self._up = (self._up[0] + 1, self._up[1] + size)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts the time of its context as spent waiting for the store."""
        started = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._seconds += time.monotonic() - started

    def __str__(self) -> str:
        (came, down), (went, up) = self._down, self._up
        return (
            f"store: {came:,} files ({down / 1e6:,.2f} MB) came, {went:,} ({up / 1e6:,.2f} MB) "
            f"went, {self._seconds:.1f} s"
        )
