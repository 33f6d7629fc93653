"""Finds runs among what an output folder holds."""

from __future__ import annotations

import os
from pathlib import Path

from components.results.stored import BadFacts
from components.results.summary import FILE, find_summaries, read_summary
from modules.contract.paths import BadPath, absolute, local_path
from pipeline.api.errors import NotThere
from pipeline.api.found import Results


def read(folder: Path, output: Path) -> Results:
    """Reads a run from its folder.

    Raises:
        NotThere: it has no summary, or one of another version of the project.
    """
    try:
        return Results(read_summary(folder / FILE), folder, output)
    except BadFacts as error:
        raise NotThere(str(error)) from None


def results(output: str | os.PathLike[str] = "output", run: str = "", model: str = "") -> Results:
    """Reads what an earlier run has found.

    Args:
        output: the folder that it wrote to.
        run: its name; empty for the newest.
        model: the family; empty for whichever.

    Raises:
        NotThere: there is no such run.
    """
    try:
        place = absolute(local_path(os.fspath(output)))
        found = find_summaries(place, run)
    except (BadFacts, BadPath) as error:
        raise NotThere(str(error)) from None
    wanted = [file for file in found if model in ("", file.relative_to(place).parts[0])]
    if not wanted:
        named = f" called {run}" if run else ""
        raise NotThere(f"there is no run of {model}{named} in {place}")
    return read(wanted[-1].resolve().parent, place)
