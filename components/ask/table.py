"""Answers as lines for a person, as CSV, and, where the classes are known, how many are right."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence

import numpy as np

from components.ask.answers import Answer
from components.ask.inputs import Input
from components.ask.prepare import Prepared

STRANGE = "resembles nothing it was trained on"
COLUMNS = (
    "file",
    "label",
    "probability",
    "runner_up",
    "runner_up_probability",
    "strangeness",
    "strange",
    "polarity",
    "class",
)


@dataclasses.dataclass(frozen=True)
class Line:
    """A picture, what was made of it, and what was said."""

    asked: Input
    prepared: Prepared
    answer: Answer


def table(lines: Sequence[Line], names: Sequence[str]) -> str:
    """A line for each picture: its name, label, probability, runner-up, and what else is to say.

    Args:
        lines: one at least.
        names: of the classes.
    """
    rows = [("picture", "label", "", "runner-up", "", "")]
    for one in lines:
        said = one.answer
        notes = [one.prepared.polarity.replace("-", " ")]
        if one.prepared.strokes is not None:
            notes.append(f"strokes of {one.prepared.strokes:.1f} pixels made thicker")
        if one.asked.truth is not None and names[one.asked.truth] != said.label:
            notes.append(f"wrong: is {names[one.asked.truth]}")
        if said.strange:
            notes.append(f"{STRANGE} ({said.strangeness:.2f} > 1)")
        rows.append(
            (
                str(one.asked.file),
                said.label,
                f"{said.probability:.1%}",
                said.runner_up,
                f"{said.runner_up_probability:.1%}",
                "; ".join(notes),
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    return "\n".join(
        "  ".join(
            [*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[5]]
        ).rstrip()
        for row in rows
    )


def csv_text(lines: Sequence[Line], names: Sequence[str]) -> str:
    """The same as CSV, with a header: COLUMNS, and the probability of each class."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"probability of {name}" for name in names)])
    for one in lines:
        said, truth = one.answer, one.asked.truth
        writer.writerow(
            [
                one.asked.file,
                said.label,
                f"{said.probability:.6f}",
                said.runner_up,
                f"{said.runner_up_probability:.6f}",
                "" if said.strangeness is None else f"{said.strangeness:.4f}",
                "" if said.strangeness is None else ("yes" if said.strange else "no"),
                one.prepared.polarity,
                "" if truth is None else names[truth],
                *(f"{probability:.6f}" for probability in said.probabilities),
            ]
        )
    return file.getvalue()


def right(lines: Sequence[Line], names: Sequence[str]) -> str:
    """The accuracy, and the confusion matrix of the classes that are there; "" without a truth."""
    known = [(one.asked.truth, names.index(one.answer.label)) for one in lines if _known(one)]
    if not known:
        return ""
    counts = np.zeros((len(names), len(names)), int)
    for truth, said in known:
        counts[truth, said] += 1
    shown = [place for place in range(len(names)) if counts[place].any() or counts[:, place].any()]
    good = int(np.trace(counts))
    head = f"accuracy {good / len(known):.1%}: {good} of {len(known)}; a row for each class,"
    width = max(5, *(len(names[place]) for place in shown))
    rows = [["", *(names[place] for place in shown)]]
    rows += [[names[row], *(str(counts[row, column]) for column in shown)] for row in shown]
    body = [" ".join(f"{cell:>{width}}" for cell in row).rstrip() for row in rows]
    return "\n".join([f"{head} a column for what it was read as", *body])


def _known(line: Line) -> bool:
    return line.asked.truth is not None
