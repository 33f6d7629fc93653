"""One of two runs that are compared, read from its folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from components.results.facts import Evaluation
from components.results.gather import gather
from components.results.predictions import Predictions
from components.results.report import Report
from components.results.stored import BadFacts
from components.results.summary import FILE, Summary, read_summary
from modules import families


@dataclasses.dataclass(frozen=True)
class Side:
    """A run whose model was judged.

    Attributes:
        folder: of the run.
        report: the run as its own page shows it.
        evaluation: what was measured, whole.
        predictions: what the model said of each Example; None where that was not kept.
    """

    folder: Path
    report: Report
    evaluation: Evaluation
    predictions: Predictions | None = None

    @property
    def summary(self) -> Summary:
        return self.report.summary

    @property
    def family(self) -> str:
        return str(self.summary.settings.get("model", ""))


def read_side(given: Path) -> Side:
    """Reads a run.

    Args:
        given: the run's folder, such as OUTPUT/MODEL/RUN; OUTPUT/MODEL and OUTPUT/MODEL/latest
            stand for the newest run of a model.

    Raises:
        BadFacts: it is no such folder, of another version of the project, or of a run whose model
            was not judged; in a sentence.
    """
    file = (given / FILE).resolve()
    if not file.is_file():
        raise BadFacts(f"{given} is no run's folder{_meant(given)}")
    folder = file.parent
    summary = read_summary(file)
    if summary.evaluation is None:
        raise BadFacts(f"the model of {given} was not judged: {summary.verdict}")
    if (family := summary.settings.get("model")) not in families.names():
        raise BadFacts(f"{given} is a run of {family}, a family that is here no longer")
    gathered = gather(summary, folder, folder.parents[1])
    return Side(folder, gathered.report, summary.evaluation, gathered.predictions)


def _meant(given: Path) -> str:
    """Names a folder that may have been meant."""
    below = sorted(given.glob(f"*/{FILE}")) + sorted(given.glob(f"*/*/{FILE}"))
    return f"; {below[0].parent} is one" if below else ""
