"""Standard output and error that a run can always write to, whatever becomes of the screen.

A terminal that is gone, a reader that has read enough (`| head`), a full disk behind a redirection
or a closed descriptor are no reason to end a run in the middle: its summary tells how it ended.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TextIO, cast


class _Unbreakable(io.FileIO):
    """A file whose writes always succeed; what cannot be written is lost."""

    def write(self, data: object) -> int:
        with contextlib.suppress(OSError):
            return super().write(data) or 0  # type: ignore[arg-type]
        return memoryview(data).nbytes  # type: ignore[arg-type]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


def unbreakable(descriptor: int, closes: bool = True) -> TextIO:
    """Opens a descriptor for text that can always be written.

    Args:
        descriptor: an open one. Characters that the locale's encoding does not have are replaced.
        closes: whether closing the file closes the descriptor.
    """
    raw = _Unbreakable(descriptor, "w", closefd=closes)
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    text = io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors="replace", line_buffering=True
    )
    return cast(TextIO, text)


def make_unbreakable() -> None:
    """Replaces this process's standard output and error by ones that can always be written."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # one that was closed: a file of the run must not take its place
    os.close(descriptor)
    sys.stdout, sys.stderr = unbreakable(1, closes=False), unbreakable(2, closes=False)
