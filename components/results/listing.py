"""Every run of an output folder, a line each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from components.results.changes import PASSED_OVER
from components.results.measured import Measured, measured, of_each
from components.results.predictions import FILE as PREDICTIONS
from components.results.predictions import read_file
from components.results.run_names import begun
from components.results.stored import BadFacts
from components.results.summary import FILE, Summary, read_summary
from modules.util.plain import flat

_HASHED = 8  # digits that tell the data of two runs apart
_NOT_SET = object()


@dataclasses.dataclass(frozen=True)
class Listed:
    """A run in a line.

    Attributes:
        run: its name.
        family: of its model.
        outcome: how it ended: pushed, refused, failed ...
        differs: its settings that are not the same in all runs of the family, by dotted name.
        figure: the name of its key figure, such as "accuracy"; empty where nothing was measured.
        value: of that figure on the test split; None where nothing was measured.
        low: of its 95 % interval; None where it has none.
        high: see low.
        seconds: that the run took.
        folder: of the run.
    """

    run: str
    family: str
    outcome: str
    differs: Mapping[str, Any]
    figure: str
    value: float | None
    low: float | None
    high: float | None
    seconds: float
    folder: Path


def list_runs(output: Path) -> tuple[Listed, ...]:
    """Lists the runs of an output folder, the newest first; those that cannot be read are left out.

    Raises:
        BadFacts: there is none.
    """
    return find_runs(output).runs


class FoundRuns(NamedTuple):
    """The runs of an output folder, the newest first, and a sentence for each unreadable one."""

    runs: tuple[Listed, ...]
    unreadable: tuple[str, ...] = ()


def find_runs(output: Path) -> FoundRuns:
    """Lists the runs of an output folder, and says which cannot be read.

    Raises:
        BadFacts: there is none, or none that can be read.
    """
    folders = [file.parent for file in output.glob(f"*/*/{FILE}") if not file.parent.is_symlink()]
    summaries: dict[Path, Summary] = {}
    unreadable: list[str] = []
    for folder in sorted(folders, key=begun, reverse=True):
        try:
            summaries[folder] = read_summary(folder / FILE)
        except BadFacts as error:
            unreadable.append(str(error))
        except OSError as error:
            unreadable.append(f"cannot read {error.filename}: {error.strerror}")
    if not summaries:
        raise BadFacts("; ".join(unreadable) or f"there is no summary of a run in {output}")
    differing = _differing(summaries)
    runs = (_listed(folder, summaries[folder], differing[folder], output) for folder in summaries)
    return FoundRuns(tuple(runs), tuple(unreadable))


def _differing(summaries: Mapping[Path, Summary]) -> dict[Path, dict[str, Any]]:
    """Of each run the settings that are not the same in all runs of its family."""
    found: dict[Path, dict[str, Any]] = {}
    for family in {folder.parent for folder in summaries}:
        of_family = {
            folder: _settings(summary)
            for folder, summary in summaries.items()
            if folder.parent == family
        }
        # A run that came to nothing may not have written down what it was asked.
        told = [settings for settings in of_family.values() if settings]
        names = dict.fromkeys(name for settings in told for name in settings)
        apart = [
            name
            for name in names
            if any(one.get(name, _NOT_SET) != told[0].get(name, _NOT_SET) for one in told)
        ]
        for folder, settings in of_family.items():
            found[folder] = {name: settings[name] for name in apart if name in settings}
    return found


def _settings(summary: Summary) -> dict[str, Any]:
    shaping = {name: v for name, v in summary.settings.items() if name not in PASSED_OVER}
    settings = dict(flat(shaping))
    if known := (summary.settings.get("dataset") or {}).get("hash"):
        settings["dataset.hash"] = str(known)[:_HASHED]
    return settings


def _listed(folder: Path, summary: Summary, differs: Mapping[str, Any], output: Path) -> Listed:
    figure, found = _key_figure(folder.parent.name, summary, output)
    return Listed(
        run=summary.run or folder.name,
        family=folder.parent.name,
        outcome=summary.verdict.outcome,
        differs=differs,
        figure=figure,
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        seconds=summary.seconds,
        folder=folder,
    )


def _key_figure(family: str, summary: Summary, output: Path) -> tuple[str, Measured | None]:
    """The first figure of the headline; its interval by its gate, else by what was kept of each
    Example."""
    evaluation = summary.evaluation
    if evaluation is None or not evaluation.headline:
        return "", None
    figure = evaluation.headline[0]
    found = measured(evaluation, family, figure)
    if found is None or found.low is not None:
        return figure, found
    kept = summary.folder_of("evaluation", output)
    try:
        said = of_each(read_file(kept / PREDICTIONS), figure) if kept else None
    except BadFacts:  # what was kept has been removed since
        said = None
    return figure, said._replace(value=found.value) if said else found
