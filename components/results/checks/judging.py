"""Checks of what the figures are worth: against bounds, and against other models."""

from __future__ import annotations

from components.gates import CHANGE, OVERALL
from components.results.checks.check import Check, family_of, figure, rises, share, told
from components.results.facts import BASELINE
from components.results.judged import NOISE, WORSE, Threshold
from components.results.numbers import count, number, probability, title
from components.results.report import ISSUE, TIP, Report

_LEVEL = 0.05  # of significance
_CALIBRATION = 0.05


def _not_above_trivial(report: Report) -> str:
    trivial = report.inspection.trivial if report.inspection else {}
    seen = []
    for name, least in trivial.items():
        value, up = figure(report, name), rises(report, name)
        if value is not None and up is not None and (value <= least if up else value >= least):
            seen.append(
                f"{title(name)} is {number(value, name)}, where {number(least, name)} takes no "
                "learning"
            )
    return told(seen)


def _not_above_forest(report: Report) -> str:
    family, forest = family_of(report), report.summary.forest
    if not forest or not family or not family.evaluation.accuracy:
        return ""
    name = family.evaluation.accuracy
    value, other = figure(report, name), forest.figures.get(name)
    if forest.whole and forest.whole.verdict == NOISE:
        by = number(forest.whole.change, name, signed=True)
        return (
            f"{title(name)} differs by {by} from that of the forest of run {forest.run}, which is "
            f"{NOISE} (p {probability(forest.whole.p)})"
        )
    if value is None or other is None or value > other:
        return ""
    return (
        f"{title(name)} is {number(value, name)}, and that of the forest of run {forest.run} "
        f"{number(other, name)}"
    )


def _close_to_a_bound(report: Report) -> str:
    evaluation = report.summary.evaluation
    # Of a change it is the gate itself that asks for the interval.
    bounds = [one for one in evaluation.thresholds if one.kind != CHANGE] if evaluation else []
    close = sorted((one for one in bounds if one.passed and one.unsure), key=_margin_of_interval)
    if not close:
        return ""
    return (
        f"{count(len(close), 'bound')} of {len(bounds)} could have been missed on other images: "
        f"{told([_interval(one) for one in close])}"
    )


def _margin_of_interval(one: Threshold) -> float:
    if one.low is None or one.high is None or one.margin is None:
        return 0.0
    return one.margin / (one.high - one.low)


def _interval(one: Threshold) -> str:
    where = "" if one.slice == OVERALL else f" of {one.slice}"
    value, low, high, bound = (
        number(value, one.metric) for value in (one.value, one.low, one.high, one.bound)
    )
    return f"{title(one.metric)}{where} is {value} ({low} to {high}), bound {bound}"


def _no_baseline(report: Report) -> str:
    evaluation = report.summary.evaluation
    if not evaluation or evaluation.baseline:
        return ""
    note = evaluation.notes.get(BASELINE)
    return f"nothing was compared with an earlier model{f': {note}' if note else ''}"


def _worse_slice(report: Report) -> str:
    paired = report.summary.evaluation.paired if report.summary.evaluation else ()
    lost = {one.metric for one in paired if one.slice == OVERALL and one.verdict == WORSE}
    slices = [one for one in paired if one.slice != OVERALL and one.metric not in lost]
    # Of many slices, one seems worse by chance sooner or later (Bonferroni).
    level = _LEVEL / max(1, len(slices))
    worse = sorted((o for o in slices if o.verdict == WORSE and o.p < level), key=lambda o: o.p)
    return told(
        [
            f"{title(one.metric)} of {one.slice} changed from {number(one.baseline, one.metric)} "
            f"to {number(one.value, one.metric)} ({one.examples:,} images, p "
            f"{probability(one.p)})"
            for one in worse
        ]
    )


def _badly_calibrated(report: Report) -> str:
    answers = report.inspection.answers if report.inspection else None
    if not answers or answers.calibration_error <= _CALIBRATION:
        return ""
    error = share(answers.calibration_error)
    return f"the probability of an answer is off by {error} on average"


def _fold_unlike_others(report: Report) -> str:
    folds = report.summary.folds
    if folds is None or folds.mean is None:
        return ""
    name = folds.objective
    return told(
        [
            f"{title(name)} of fold {place} is {number(folds.scores[place - 1], name)}, and the "
            f"mean of all {number(folds.mean, name)}"
            for place in folds.outliers
        ]
    )


CHECKS = (
    Check(
        "TRI301",
        ISSUE,
        "not above a trivial baseline",
        _not_above_trivial,
        "A model that knows no more than how often classes or pixels occur does as well.",
        "Look at the training curves: did the loss fall at all? Then at the data: do labels fit "
        "their images?",
    ),
    Check(
        "TRI302",
        ISSUE,
        "not better than the forest of the same output folder",
        _not_above_forest,
        "A forest trains in seconds, and is easier to serve and to explain.",
        "Serve the forest, or give this family more epochs or a wider search.",
    ),
    Check(
        "TRI303",
        TIP,
        "a bound that is met by less than the figure is sure to",
        _close_to_a_bound,
        "On other test images of the same kind the gate could have said no.",
        "Test on more images, or read no more into the yes than that nothing speaks against it.",
    ),
    Check(
        "TRI304",
        TIP,
        "no earlier model to compare with",
        _no_baseline,
        "Bounds alone do not notice a model that is worse than the one it replaces.",
        "Nothing, in a first run: the next one is compared with this one if it is pushed.",
    ),
    Check(
        "TRI305",
        ISSUE,
        "a slice that is worse than the last blessed model's although the whole is not",
        _worse_slice,
        "The average hides what those feel whose images are of this slice.",
        "Look at the slice's mistakes in the page; tighten its gate if this matters to you.",
    ),
    Check(
        "TRI306",
        TIP,
        "probabilities that are off by more than 5 %",
        _badly_calibrated,
        "Who decides by how sure the model is decides wrongly.",
        "Do not use the probabilities as such; a family's label_smoothing, where it has one, helps "
        "by more of it where they are too high, and by less where they are too low.",
    ),
    Check(
        "TRI307",
        TIP,
        "a fold of the cross-validation that is unlike the others",
        _fold_unlike_others,
        "Either its images are others, or a training of this setting now and then goes wrong.",
        "Train with another seed: if the same fold is odd again it is the images', else the "
        "training's, and a lower learning rate or more epochs may make it steadier.",
    ),
)
