"""What a classifier's answers look like: how sure they are, and where they are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from components.results.inspection import Bin, Seen
from components.results.numbers import count, number
from components.results.pictures.calibration import reliability
from components.results.report import Report
from components.results.sections.images import of_group
from components.results.sections.section import Cell, Section, Table, numeric, plain


def sections(report: Report) -> Iterator[Section]:
    """`calibration`, `mistakes`, `suspects`, `attention`."""
    answers = report.inspection.answers if report.inspection else None
    if answers is not None:
        error = number(answers.calibration_error)
        told = [
            f"Expected calibration error {error}: by so much the answers are surer, or less sure, "
            "than they are right, on average over the bins."
        ]
        picture = [reliability(answers.bins)] if any(b.count for b in answers.bins) else []
        yield plain("calibration", "Calibration", _bins(answers.bins), words=told, pictures=picture)
        if answers.wrong or answers.mistakes:
            told = [
                f"{count(answers.wrong, 'answer is', 'answers are')} not the label. "
                f"The {len(answers.mistakes)} of which the model was surest:"
            ]
            yield _seen("mistakes", "Worst mistakes", report, answers.mistakes, told)
        told = [
            f"{count(answers.suspected, 'label')} may be wrong by confident learning "
            "(Northcutt et al. 2021): the model is less sure of the given label than it usually is "
            "of that class, and surer of another one than it usually is of that."
        ]
        if not answers.suspected:
            told = ["By confident learning (Northcutt et al. 2021) no label looks wrong."]
        yield _seen("suspects", "Suspected label errors", report, answers.suspects, told)
    if images := of_group(report, "attention"):
        told = ["The brighter a place, the more the model looks at it."]
        yield plain("attention", "Attention", words=told, images=images)


def _bins(bins: Sequence[Bin]) -> Table:
    rows = [
        [
            Cell(f"{number(one.low)} to {number(one.high)}"),
            numeric(one.count),
            numeric(one.sure, "share"),
            numeric(one.right, "share"),
        ]
        for one in bins
    ]
    return Table("Answers by how sure they are", ("Sure", "Images", "Mean", "Right"), rows)


def _seen(id: str, name: str, report: Report, seen: Sequence[Seen], told: Sequence[str]) -> Section:
    return Section(id, name, "seen", {"words": told, "seen": [_image(report, one) for one in seen]})


def _image(report: Report, one: Seen) -> dict[str, Any]:
    image = report.image.get(one.picture)
    said = f"{one.answer}, {number(one.sure, 'share')} sure"
    return {
        "said": said,
        "given": f"labelled {one.label}: {number(one.given, 'share')}",
        "index": f"{one.index:,}",
        "png": image.png if image else "",
        "text": f"test image {one.index}, labelled {one.label}, read as {said}",
    }
