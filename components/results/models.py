"""Where the models of an output folder are: those that are served, and those of runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from components.results.stored import BadFacts
from components.results.summary import FILE, Summary, find_summaries, read_summary
from modules.contract.artifact import EXPORTED, SERVING


@dataclasses.dataclass(frozen=True)
class Found:
    """A model that can be asked.

    Attributes:
        folder: of its SavedModel.
        summary: of the run that trained it.
        run: that run's folder.
    """

    folder: Path
    summary: Summary
    run: Path


def served(output: Path, family: str, version: str = "") -> Found:
    """Finds a pushed model, and the run that pushed it.

    Args:
        output: the folder that runs write to.
        family: whose.
        version: the number of its push; empty for the newest.

    Raises:
        BadFacts: nothing was pushed, that version is not there, or no run tells of it.
    """
    folder = output / SERVING / family
    versions = sorted((path.name for path in folder.glob("[0-9]*") if path.name.isdigit()), key=int)
    if not versions:
        raise BadFacts(f"no {family} was pushed to {output}")
    if version and version not in versions:
        raise BadFacts(f"no version {version} in {folder}; choose {', '.join(versions)}")
    chosen = version or versions[-1]
    for file in sorted((output / family).glob(f"*/{FILE}"), reverse=True):
        try:
            summary = read_summary(file)
        except BadFacts:  # of another version of the project
            continue
        if Path(summary.pushed or "").name == chosen:
            return Found(folder / chosen, summary, file.resolve().parent)
    raise BadFacts(f"no run in {output / family} tells of version {chosen}")


def trained(output: Path, run: str = "") -> Found:
    """Finds the model of a run, whether or not it was pushed.

    Args:
        output: the folder that runs write to.
        run: its name; empty for the newest of all families.

    Raises:
        BadFacts: there is no such run, it trained nothing, or its model was removed.
    """
    file = find_summaries(output, run)[-1]
    summary = read_summary(file)
    model = summary.folder_of("model", output)
    if model is None or not (model / EXPORTED).is_dir():
        raise BadFacts(f"the run {file.parent.name} has no model in {output}")
    return Found(model / EXPORTED, summary, file.resolve().parent)
