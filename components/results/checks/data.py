"""Checks of the data."""

from __future__ import annotations

from collections.abc import Mapping

from components.results.checks.check import Check, share, some, told
from components.results.numbers import count
from components.results.report import ISSUE, TIP, Report

_OF_EVEN = 0.1  # of what each class has where all have alike
_TESTED = 100  # images, of which a share is known to some 10 points
_SUSPECTED = 0.01  # of the labels


def _by_class(report: Report, split: str) -> Mapping[str, int]:
    """How many images each class has in a split, also where that is none."""
    splits = report.inspection.splits if report.inspection else ()
    names = report.summary.settings.get("dataset", {}).get("names", ())
    found = next((one.by_class for one in splits if one.split == split), {})
    return {**dict.fromkeys(names, 0), **found} if found else {}


def _duplicates(report: Report) -> str:
    found = report.inspection.duplicates if report.inspection else {}
    seen = [
        f"{count(many, 'image')} of {first} {'is' if many == 1 else 'are'} in {second}, too"
        for (first, _, second), many in ((pair.partition(", "), found[pair]) for pair in found)
        if many
    ]
    return told(seen)


def _rare_class(report: Report) -> str:
    found = _by_class(report, "train")
    even = sum(found.values()) / max(1, len(found))
    rare = [f"{name} ({many:,})" for name, many in found.items() if many < _OF_EVEN * even]
    if not rare:
        return ""
    return f"too few training images of {some(rare)}, where a class has {even:,.0f} on average"


def _little_tested(report: Report) -> str:
    found = _by_class(report, "test")
    few = [f"{name} ({many:,})" for name, many in found.items() if many < _TESTED]
    if not few:
        return ""
    which = count(len(few), "class has", "classes have")
    return f"{which} fewer than {_TESTED} test images: {some(few)}"


def _suspected_labels(report: Report) -> str:
    answers = report.inspection.answers if report.inspection else None
    tested = sum(_by_class(report, "test").values())
    if not answers or not tested or answers.suspected <= _SUSPECTED * tested:
        return ""
    part = share(answers.suspected / tested)
    return f"{answers.suspected:,} of {tested:,} test images ({part}) may have a wrong label"


CHECKS = (
    Check(
        "TRI001",
        ISSUE,
        "the same images in two splits",
        _duplicates,
        "A model knows by heart what it was trained on; judged on the same images, it seems better "
        "than it is on new ones.",
        "Remove the images from one of the splits, and run again.",
    ),
    Check(
        "TRI002",
        ISSUE,
        "a class with under 10 % of the even share of the training images",
        _rare_class,
        "What is rare is learnt badly, and the figures over all images hardly show it.",
        "Collect more images of these classes, and look at their own figures.",
    ),
    Check(
        "TRI003",
        TIP,
        "a class with fewer than 100 test images",
        _little_tested,
        "A figure of so few images has a wide interval: one image more or less moves it by a point "
        "or more.",
        "Read these classes' figures with their intervals, or test on more images: see "
        "data.test_images.",
    ),
    Check(
        "TRI004",
        ISSUE,
        "more than 1 % of the test images with a suspected label",
        _suspected_labels,
        "A right answer counts as a mistake where the label is wrong, so that a better model can "
        "seem a worse one.",
        "Look at the suspected labels in the page, and correct those that are wrong.",
    ),
)
