"""The summaries of earlier runs, which a report speaks of: copies of all are in one folder.

PREFIX/output/vae/RUN/summary.json
PREFIX/runs/output--vae--RUN--summary.json     the same, to be found by one request
"""

from __future__ import annotations

from typing import NamedTuple

from kubeflow.store.files import Files

_COPIES = "runs"
_LOOKED_AT = 100  # runs, the newest


class End(NamedTuple):
    """A run that came to its end: the key of its own summary, and when that was, since 1970."""

    key: str
    written: float


def copy_of(summary: str) -> str:
    """The key of the copy of a run's summary."""
    return f"{_COPIES}/{summary.replace('/', '--')}"


def earlier(files: Files, output: str) -> dict[str, End]:
    """The newest runs of an output folder, by the keys of the copies of their summaries.

    Args:
        files: of the store.
        output: the key of the output folder.
    """
    beginning = copy_of(output) + "--"
    found = {}
    for copy, at in files.listing(_COPIES, deep=False).items():
        parts = copy.removeprefix(beginning).split("--")
        if copy.startswith(beginning) and len(parts) == 3:
            found[copy] = End(f"{output}/{'/'.join(parts)}", at.written)
    newest = sorted(found, key=lambda copy: found[copy].written, reverse=True)[:_LOOKED_AT]
    return {copy: found[copy] for copy in newest}
