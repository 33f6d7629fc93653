"""Checks of how the model was trained."""

from __future__ import annotations

import math

from components.results.checks.check import Check, family_of, share
from components.results.facts import Training
from components.results.numbers import number, title
from components.results.report import ISSUE, TIP, Report

_HELD_OUT = "val_"
_LOSS = "val_loss"
_GAP = 0.02  # of a part of the images
_RELATIVE_GAP = 0.05  # of any other figure
_EPOCHS = 5  # in fewer there is no course to speak of
_LAST, _EARLY = 0.1, 0.75  # of the epochs
_FALL, _RISE = 0.02, 0.1  # of a loss, as a part of it
_Z = 1.959964  # of the normal distribution, whose middle 95 % are within it


def _gap(report: Report) -> str:
    training, family = report.summary.training, family_of(report)
    if not training or not family or not family.objective.name.startswith(_HELD_OUT):
        return ""
    held_out, falls = family.objective.name, family.objective.direction == "min"
    name = held_out.removeprefix(_HELD_OUT)
    learnt, measured = _last(training, name), _last(training, held_out)
    if learnt is None or measured is None:
        return ""
    gap = measured - learnt if falls else learnt - measured
    if gap <= (_RELATIVE_GAP * abs(learnt) if falls else _noise(measured, training.eval_images)):
        return ""
    apart = share(gap / abs(learnt)) if falls and learnt else number(gap, name)
    return (
        f"{title(name)} is {number(learnt, name)} on the training images and "
        f"{number(measured, name)} on those held out, {apart} worse"
    )


def _noise(part: float, images: int) -> float:
    """How far apart a part of the images may be: by chance, or by a little."""
    return max(_GAP, _Z * math.sqrt(max(0.0, part * (1 - part)) / max(1, images)))


def _last(training: Training, name: str) -> float | None:
    values = training.history.get(name, ())
    return values[-1] if values else None


def _course(report: Report) -> tuple[str, list[float]]:
    """The held-out figure that falls, epoch by epoch; empty where there is no course."""
    training, family = report.summary.training, family_of(report)
    if not training or not family:
        return "", []
    name = family.objective.name if family.objective.direction == "min" else _LOSS
    values = [value for value in training.history.get(name, ()) if value is not None]
    whole = len(values) == len(training.history.get(name, ())) >= _EPOCHS
    return name, values if whole else []


def _still_falling(report: Report) -> str:
    name, values = _course(report)
    last = max(1, round(_LAST * len(values)))
    if not values or values[-1] > min(values):
        return ""
    before = min(values[:-last])
    if before - values[-1] <= _FALL * abs(before):
        return ""
    when = "the last epoch" if last == 1 else f"the last {last} epochs"
    fell = f"fell from {number(before)} to {number(values[-1])}"
    return f"{title(name)} {fell} in {when} of {len(values)}"


def _rose_again(report: Report) -> str:
    name, values = _course(report)
    if not values:
        return ""
    best = values.index(min(values))
    if best + 1 > _EARLY * len(values) or values[-1] - values[best] <= _RISE * abs(values[best]):
        return ""
    lowest = f"lowest after epoch {best + 1} of {len(values)}, {number(values[best])}"
    return f"{title(name)} was {lowest}, and ended at {number(values[-1])}"


CHECKS = (
    Check(
        "TRI201",
        ISSUE,
        "a gap between training images and held-out ones",
        _gap,
        "The model has learnt what holds for its training images alone.",
        "Train on more or more varied images, on fewer epochs, or with more dropout or "
        "weight_decay where the family has them.",
    ),
    Check(
        "TRI202",
        TIP,
        "a loss that still fell at the end",
        _still_falling,
        "The model had not learnt all that it could.",
        "Train longer: --set training.epochs=N.",
    ),
    Check(
        "TRI203",
        TIP,
        "a loss that was lower in an earlier epoch",
        _rose_again,
        "What was learnt after the best epoch made the model worse on new images.",
        "Train for about as many epochs as the best one: --set training.epochs=N; or vary the "
        "images more.",
    ),
)
