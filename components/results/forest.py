"""The forest that a classifier has to be better than, where one has been trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from components.results.facts import Evaluation
from components.results.numbers import is_part
from components.results.predictions import FILE as PREDICTIONS
from components.results.predictions import Predictions, read_file
from components.results.pushed_runs import pushed_runs
from components.results.rival import OF_CLASS, Rival, told
from components.results.stored import BadFacts
from components.results.summary import Summary

FAMILY = "forest"


def _there(folder: Path) -> None:
    del folder


def find_forest(
    output: Path, summary: Summary, bring: Callable[[Path], None] = _there
) -> Rival | None:
    """Holds a classifier against the newest forest that was pushed in an output folder.

    Args:
        output: the folder that runs write to.
        summary: of the classifier's run; what it says of a forest stays if that is the newest one.
        bring: is told of each folder that is about to be read, where they have to be brought.

    Returns:
        None where there is no forest of the same data, and of a forest, of what does not classify,
        and of a run that did not come as far as the Evaluator.
    """
    mine, asked = summary.evaluation, _judged_on(summary)
    if summary.settings.get("model") == FAMILY or not asked[0] or not mine or not mine.confusion:
        return None

    def predicted(whose: Summary) -> Predictions | None:
        return _predictions(whose, output, bring)

    for other in pushed_runs(output, FAMILY):
        theirs = other.evaluation
        if theirs and _judged_on(other) == asked:
            known = summary.forest
            same = known and known.run == other.run and not known.unpaired
            return known if same else _held_against(other, theirs, summary, mine, predicted)
    return None


def beside_forest(summary: Summary) -> str:
    """A classifier beside its forest in one sentence, without its end; empty without a forest."""
    found, forest = summary.evaluation, summary.forest
    return told(forest, found.overall, found.headline) if found and forest else ""


def _judged_on(summary: Summary) -> tuple[str, object]:
    """What names the images that a run's model was judged on."""
    settings = summary.settings
    dataset = settings.get("dataset") or {}
    return dataset.get("hash", ""), (settings.get("data") or {}).get("test_images")


def _held_against(
    other: Summary,
    theirs: Evaluation,
    summary: Summary,
    mine: Evaluation,
    predicted: Callable[[Summary], Predictions | None],
) -> Rival:
    from components.paired import pair  # needs NumPy

    # Of parts of Examples, such as the accuracy, more is better.
    rises = {name: True for name in mine.headline if is_part(name) and name in theirs.overall}
    found = Rival(
        other.run,
        theirs.overall,
        {
            name: {figure: figures[figure] for figure in rises if figure in figures}
            for name, figures in theirs.slices.items()
            if name.startswith(OF_CLASS)
        },
    )
    said = [predicted(one) for one in (summary, other)]
    if said[0] is None or said[1] is None:
        whose = "this model" if said[0] is None else "the forest"
        return dataclasses.replace(found, unpaired=f"what {whose} said of each image is gone")
    pairs = pair(said[0], said[1], rises, mine.classes)
    if not pairs:
        return dataclasses.replace(found, unpaired="the two were judged on different images")
    return dataclasses.replace(found, paired=tuple(pairs))


def _predictions(
    summary: Summary, output: Path, bring: Callable[[Path], None]
) -> Predictions | None:
    folder = summary.folder_of("evaluation", output)
    if folder is None:
        return None
    bring(folder)
    try:
        return read_file(folder / PREDICTIONS)
    except BadFacts:
        return None
