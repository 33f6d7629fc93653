"""The files of a report, beside the summary of its run."""

from __future__ import annotations

from pathlib import Path

from components.results import page
from components.results.gather import Gathered
from components.results.markdown import to_markdown
from components.results.predictions import to_csv
from components.results.report import CSV, HTML, JSON, MARKDOWN, write_report
from modules.util.files import write_text


def write(folder: Path, gathered: Gathered) -> Path:
    """Writes report.json, report.md, predictions.csv and report.html, each whole or not at all.

    Args:
        folder: of the run.
        gathered: of the run.

    Returns:
        The page, which is written last: where it is new, the others are.

    Raises:
        OSError: one cannot be written.
    """
    report, said = gathered.report, gathered.predictions
    evaluation = report.summary.evaluation
    write_report(folder / JSON, report)
    write_text(folder / MARKDOWN, to_markdown(report))
    if said is not None and evaluation is not None:
        write_text(folder / CSV, to_csv(said, evaluation.classes))
    write_text(folder / HTML, page.render(report))
    return folder / HTML
