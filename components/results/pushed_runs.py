"""The runs of an output folder that pushed a model. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from components.results.run_names import begun
from components.results.stored import BadFacts
from components.results.summary import FILE, Summary, read_summary

_PUSHED = "pushed"  # the outcome


def pushed_runs(output: Path, family: str) -> Iterator[Summary]:
    """The runs of a family that pushed a model, the newest first; what cannot be read is none.

    Args:
        output: the folder that runs write to.
        family: of the models.
    """
    files = (output / family).glob(f"*/{FILE}")
    folders = [file.parent for file in files if not file.parent.is_symlink()]
    for folder in sorted(folders, key=begun, reverse=True):
        try:
            summary = read_summary(folder / FILE)
        except (BadFacts, OSError):
            continue
        if summary.verdict.outcome == _PUSHED:
            yield summary
