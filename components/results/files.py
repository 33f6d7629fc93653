"""The files of a report, beside the summary of its run."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from components.results import page
from components.results.gather import Gathered
from components.results.markdown import to_markdown
from components.results.predictions import Predictions
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
    write_report(folder / JSON, report)
    write_text(folder / MARKDOWN, to_markdown(report))
    if said is not None:
        evaluation = report.summary.evaluation
        write_text(folder / CSV, to_csv(said, evaluation.classes if evaluation else ()))
    write_text(folder / HTML, page.render(report))
    return folder / HTML


def to_csv(said: Predictions, classes: Sequence[str]) -> str:
    """A row a test image: its place, its class, and the answer with its probability.

    Of what does not classify, the figures of the image take the place of the answer.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerows(_rows(said, classes))
    return text.getvalue()


def _rows(said: Predictions, classes: Sequence[str]) -> Iterator[Sequence[object]]:
    names = [_name(classes, label) for label in said.labels.tolist()]
    if said.probabilities is not None:
        answers = said.probabilities.argmax(axis=1).tolist()
        sure = said.probabilities.max(axis=1).tolist()
        yield "index", "label", "answer", "probability"
        for index, name, answer, p in zip(said.index.tolist(), names, answers, sure, strict=True):
            yield index, name, _name(classes, answer), f"{p:.6f}"
        return
    yield "index", "label", *said.each
    columns = [values.tolist() for values in said.each.values()]
    for index, name, *values in zip(said.index.tolist(), names, *columns, strict=True):
        yield index, name, *(f"{value:.6g}" if math.isfinite(value) else "" for value in values)


def _name(classes: Sequence[str], label: int) -> str:
    return classes[label] if 0 <= label < len(classes) else str(label)
