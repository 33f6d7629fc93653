"""Where the logs for TensorBoard of a run are: those of its training, and of its search."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from components.results.run_names import begun
from components.results.stored import BadFacts
from components.results.summary import find_summaries, read_summary

TRIALS = "trials"  # below what the Tuner found, with a folder for each trial
_RUNS = "artifacts/{family}/Trainer/model_run"  # below the output folder, by TFX


@dataclasses.dataclass(frozen=True)
class Logs:
    """The logs of a run.

    Attributes:
        family: of its model.
        run: its name.
        folders: `training` and `search`, as far as the run came.
    """

    family: str
    run: str
    folders: Mapping[str, Path]


def find_logs(output: Path, family: str = "", run: str = "") -> Logs:
    """Finds the logs of a run, also of one that is going on.

    Args:
        output: the folder that runs write to.
        family: whose runs; empty for all.
        run: its name; empty for the newest.

    Raises:
        BadFacts: there is no such run, or no logs of it.
    """
    files = [file.resolve() for file in find_summaries(output, run)]
    files = [file for file in files if family in ("", file.parent.parent.name)]
    if not files:
        raise BadFacts(f"there is no run of {family} in {output}")
    folder = files[-1].parent
    summary = read_summary(files[-1])
    training = summary.folder_of("model_run", output) or _going_on(output, folder)
    searched = summary.folder_of("tuner_results", output)
    found = {"training": training, "search": searched / TRIALS if searched else None}
    known = {name: path for name, path in found.items() if path and path.is_dir()}
    if not known:
        raise BadFacts(
            f"the run {folder.name} of {folder.parent.name} has no logs: it has not come to its "
            "training yet, or they were removed"
        )
    return Logs(folder.parent.name, folder.name, known)


def _going_on(output: Path, run: Path) -> Path | None:
    """The folder of a training that has begun since the run did; its summary does not know yet."""
    folders = output.joinpath(_RUNS.format(family=run.parent.name)).glob("*")
    newest = max((path for path in folders if path.name.isdigit()), key=_number, default=None)
    return newest if newest and newest.stat().st_mtime >= begun(run) else None


def _number(folder: Path) -> int:
    return int(folder.name)
