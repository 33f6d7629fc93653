"""Makes a report of a run: of its summary, and of what its nodes left among the artifacts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from components.results import inspection as inspecting
from components.results.changes import differences
from components.results.checks import find
from components.results.checks.muted import muted
from components.results.commands import next_commands
from components.results.images import read_images
from components.results.inspection import Inspection
from components.results.predictions import FILE as PREDICTIONS
from components.results.predictions import Predictions, read_file
from components.results.report import Change, Report
from components.results.run_names import begun
from components.results.stored import BadFacts, read_facts
from components.results.summary import FILE, JUDGED, Summary, read_summary
from components.results.thin import thin

_DECIDED = ("pushed", "refused", JUDGED)
_LOOKED_AT = 100  # runs before this one, until one of them came to a verdict


@dataclasses.dataclass(frozen=True)
class Gathered:
    """All that is made into files.

    Attributes:
        report: the run as its page shows it.
        predictions: what the model said of each Example; None when it did not come so far.
        gone: a sentence for each part that the run had and that cannot be read any more.
    """

    report: Report
    predictions: Predictions | None = None
    gone: tuple[str, ...] = ()


def gather(summary: Summary, folder: Path, output: Path) -> Gathered:
    """Reads all that there is to tell of a run; what is gone is left out.

    Args:
        summary: of the run.
        folder: of the run.
        output: that it wrote to, where it is now.
    """
    gone: list[str] = []
    inspection, inspected = _inspection(summary, output, gone)
    training = _output(summary, output, "model_run")
    pictures = read_images(inspection, inspected, training / "pictures" if training else None)
    before = previous(summary, folder)
    evaluation = summary.evaluation
    report = Report(
        dataclasses.replace(summary, evaluation=thin(evaluation) if evaluation else None),
        inspection=inspection,
        images=tuple(pictures),
        previous=before.run if before else "",
        changed=changes(before, summary) if before else (),
        commands=next_commands(summary, folder, output, before.run if before else ""),
        muted=muted(summary.settings),
    )
    report = dataclasses.replace(report, findings=find(report, report.muted))
    return Gathered(report, _predictions(summary, output, gone), tuple(gone))


def previous(summary: Summary, folder: Path) -> Summary | None:
    """The last run of the same model before this one that came to a verdict."""
    at = begun(folder)
    others = (path.parent for path in folder.parent.glob(f"*/{FILE}"))
    times = {one: begun(one) for one in others if not one.is_symlink() and one != folder}
    earlier = sorted((one for one in times if times[one] < at), key=times.__getitem__, reverse=True)
    for one in earlier[:_LOOKED_AT]:
        try:
            found = read_summary(one / FILE)
        except (BadFacts, OSError):
            continue
        same = found.settings.get("model") == summary.settings.get("model")
        if same and found.verdict.outcome in _DECIDED:
            return found
    return None


def changes(before: Summary, summary: Summary) -> tuple[Change, ...]:
    """In what two runs were not asked the same; what a search chose is a result of it."""
    one, other = (dataclasses.replace(run, training=None) for run in (before, summary))
    return differences(one, other)


def _output(summary: Summary, output: Path, name: str) -> Path | None:
    """The folder of a node's output, by its name; None when the run did not come so far."""
    if found := summary.folder_of(name, output):
        return found
    if name == "model_run" and summary.training and summary.training.folder:
        return Path(summary.training.folder)  # what was written before outputs were
    return None


def _inspection(
    summary: Summary, output: Path, gone: list[str]
) -> tuple[Inspection | None, Path | None]:
    folder = _output(summary, output, "inspection")
    if folder is None or _is_gone(folder, gone):
        return None, None
    try:
        return read_facts(Inspection, folder / inspecting.FILE), folder
    except (BadFacts, OSError) as error:
        gone.append(f"what was seen in the model is left out: {error}")
        return None, None


def _is_gone(folder: Path, gone: list[str]) -> bool:
    if folder.is_dir():
        return False
    gone.append(f"{folder} is no longer there, so the report is without it")
    return True


def _predictions(summary: Summary, output: Path, gone: list[str]) -> Predictions | None:
    folder = _output(summary, output, "evaluation")
    if folder is None or _is_gone(folder, gone):
        return None
    try:
        return read_file(folder / PREDICTIONS)
    except BadFacts as error:
        gone.append(f"what the model said of each image is left out: {error}")
        return None
