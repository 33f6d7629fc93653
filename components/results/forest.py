"""The forest that a classifier has to be better than, where one has been trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from components.results.report import Rival
from components.results.stored import BadFacts
from components.results.summary import FILE, Summary, read_summary

FAMILY = "forest"
_PUSHED = "pushed"  # the outcome


def find_forest(output: Path, summary: Summary) -> Rival | None:
    """Finds the newest forest that was pushed in an output folder.

    Args:
        output: the folder that runs write to.
        summary: of the run that it is a rival of.

    Returns:
        None where there is none of the same data, and for a forest.
    """
    asked = _judged_on(summary)
    if summary.settings.get("model") == FAMILY or not asked[0]:
        return None
    for other in _runs(output):
        pushed = other.verdict.outcome == _PUSHED
        if pushed and other.evaluation and _judged_on(other) == asked:
            return Rival(other.run, other.evaluation.overall)
    return None


def _judged_on(summary: Summary) -> tuple[str, object]:
    """What names the images that a run's model was judged on."""
    settings = summary.settings
    return settings.get("dataset", {}).get("hash", ""), settings.get("data", {}).get("test_images")


def _runs(output: Path) -> Iterator[Summary]:
    """The runs of forests, the newest first."""
    for folder in sorted(output.glob(f"{FAMILY}/*"), reverse=True):
        if folder.is_dir() and not folder.is_symlink():
            try:
                yield read_summary(folder / FILE)
            except (BadFacts, OSError):
                continue
