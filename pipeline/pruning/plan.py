"""What of an output folder matters, and what may go.

stays   serving, and the state that killed runs go on from: they are not even looked at, but for the
        journals of searches that have ended
        the last ten run folders of each family, the last one that came to a verdict, and the
        newest that tells of each version that is served
        every artifact that these read or wrote, from the cache or not: a family's last run, the
        last that came to a verdict, the last that pushed, and those of the last ten that
        did not come to a verdict
        the last two blessed models: what the next run is compared with, whichever it makes
goes    all other run folders and artifacts, and what the store knows of them
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from components.results.summary import FILE as SUMMARY
from components.results.summary import JUDGED
from modules.contract.artifact import SERVING
from pipeline.exit_codes import ExitCode
from pipeline.run_folder import LATEST
from pipeline.settings import DECLARED

if TYPE_CHECKING:
    from pipeline.pruning.lineage import Lineage, PipelineRun  # it imports ml_metadata

RUNS = 10  # of each family, the last of which stay
ABSENT = DECLARED["metadata_store"].kind.absent  # in words, among written settings
BLESSED = 2  # models: the last one may be the next run's own


@dataclasses.dataclass(frozen=True)
class RunEnd:
    """How a run ended, as far as its summary tells: its exit code, what it pushed, its outcome."""

    name: str
    code: int
    pushed: str
    outcome: str = ""

    @property
    def decided(self) -> bool:
        """Whether it came to a verdict; what did not can be resumed."""
        return self.code in (ExitCode.PUSHED, ExitCode.REFUSED)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What may go.

    Attributes:
        runs: folders of runs.
        artifacts: the ids of artifacts.
        executions: the ids of executions of which nothing stays.
    """

    runs: tuple[Path, ...]
    artifacts: frozenset[int]
    executions: frozenset[int]


def place(uri: str, output: Path) -> Path:
    """Where an artifact lies; a relative address begins in the output folder."""
    return output / uri


def make_plan(output: Path, lineage: Lineage) -> Plan:
    """Decides what stays.

    Args:
        output: the output folder.
        lineage: what its store knows.
    """
    artifacts: set[int] = set()
    executions: set[int] = set()
    folders: list[Path] = []
    families = {run.family for run in lineage.runs} | {path.name for path in _families(output)}
    for family in sorted(families):
        ends = sorted(_ends(output / family), key=lambda end: end.name, reverse=True)
        folders += [output / family / name for name in _superfluous(output / family, ends)]
        known = [run for run in lineage.runs if run.family == family]
        for run in {*known[-1:], *_in_store(known, _needed(ends))}:
            artifacts |= lineage.used_by(run)
            executions |= run.executions
        blessed = lineage.blessed(family)
        whole = [one for one in blessed if place(lineage.artifacts[one].uri, output).is_dir()]
        for model in whole[:BLESSED]:
            artifacts |= {model, *blessed[model]}
    # Who made what stays is told as well, for those who ask where it came from.
    executions |= {
        one for one, made in lineage.made.items() if made & artifacts and one not in lineage.cached
    }
    ours = {one for run in lineage.runs for one in run.executions}
    root = (output / "artifacts").resolve()
    of_runs = {one for run in lineage.runs for one in lineage.used_by(run)}
    gone = {
        one
        for one in of_runs - artifacts
        if one in lineage.artifacts and _below(place(lineage.artifacts[one].uri, output), root)
    }
    shared = {lineage.artifacts[one].uri for one in artifacts if one in lineage.artifacts}
    return Plan(
        runs=tuple(folders),
        artifacts=frozenset(one for one in gone if lineage.artifacts[one].uri not in shared),
        executions=frozenset(ours - executions),
    )


def _in_store(known: list[PipelineRun], names: Iterable[str]) -> Iterator[PipelineRun]:
    """The runs of those names; one that found all unchanged is the run before it once more."""
    for name in names:
        yield from [run for run in known if run.name <= name][-1:]


def _below(path: Path, root: Path) -> bool:
    """Whether it is an artifact's folder, FAMILY/NODE/OUTPUT/EXECUTION below the root."""
    path = path.resolve()
    return path.is_relative_to(root) and len(path.relative_to(root).parts) >= 4


def _families(output: Path) -> Iterator[Path]:
    """The folders of runs, of whatever families."""
    return (path.parent for path in output.glob(f"*/{LATEST}"))


def _ends(folder: Path) -> Iterator[RunEnd]:
    for summary in folder.glob(f"*/{SUMMARY}"):
        if summary.parent.is_symlink():
            continue
        try:
            found = json.loads(summary.read_text(encoding="utf-8"))
            verdict, pushed = found["verdict"], found.get("pushed") or ""
            outcome = verdict.get("outcome", "")
            yield RunEnd(summary.parent.name, int(verdict["exit_code"]), pushed, outcome)
        except (OSError, ValueError, KeyError, TypeError):
            # It says nothing that could be trusted.
            yield RunEnd(summary.parent.name, ExitCode.FAILED, "")


def _superfluous(folder: Path, ends: list[RunEnd]) -> list[str]:
    """The names of the runs whose folders may go; `ends` are the newest first."""
    stay = {end.name for end in ends[:RUNS]} | _needed(ends)
    latest = folder / LATEST
    if latest.is_symlink():
        stay.add(latest.readlink().name)
    told: set[str] = set()
    serving = folder.parent / SERVING / folder.name
    for end in ends:
        version = Path(end.pushed).name  # the folder may have been moved since
        if version and version not in told and (serving / version).is_dir():
            stay.add(end.name)
        told.add(version)
    return [end.name for end in ends if end.name not in stay]


def _needed(ends: list[RunEnd]) -> set[str]:
    """The names of the runs all of whose artifacts stay; `ends` are the newest first."""
    unfinished = {end.name for end in ends[:RUNS] if not end.decided}
    decided = [end.name for end in ends if end.decided]
    pushed = [end for end in ends if end.code == ExitCode.PUSHED and end.outcome != JUDGED]
    return unfinished | {*decided[:1], *(end.name for end in (*pushed[:1], *ends[:1]))}


def other_stores(output: Path) -> set[str]:
    """The metadata stores, other than the output folder's own, that its runs name."""
    found = set()
    for summary in output.glob(f"*/*/{SUMMARY}"):
        try:
            settings = json.loads(summary.read_text(encoding="utf-8"))["settings"]
            found.add(settings.get("metadata_store") or ABSENT)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found - {ABSENT, str(output / "metadata.sqlite")}
