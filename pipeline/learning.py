"""What a run asks of its training, held against what there is, before it starts.

What a person asked for has to be there. A number of a profile or a default means "at most".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from modules import families
from modules.contract.hyperparameters import (
    BATCH_SIZE,
    BadHyperparameter,
    Hyperparameter,
    read_all,
    that_fit,
)
from modules.training import searches
from modules.training.tasks import SearchTask
from pipeline.settings import BadSetting, Settings

_BATCH = f"hyperparameters.{BATCH_SIZE}"
_IMAGES, _BUDGET = "tuning.images", "tuning.budget"


def fit(settings: Settings, folder: Path) -> Settings:
    """Checks how many images are learnt from at once, and whether a search has a choice, and a
    budget for it.

    Args:
        settings: of a run, which know their data.
        folder: with the data, here.

    Returns:
        The same, with no more images to a trial or, in a profile, to a batch than there are, and
        with a budget.

    Raises:
        BadSetting: a person asked for more than there is, for a search with nothing to search, or
            for one that could not begin.
    """
    space = families.load(settings.family).hyperparameters
    batch = _batch(settings, space)
    images = settings.tuning.images
    there = _there(settings, folder, max(batch, images or 0))
    if images is not None and images > there:
        if _IMAGES in settings.given:
            raise BadSetting(
                f"{_IMAGES} must be at most {there:,}, which are all images to learn from, not "
                f"{images:,}"
            )
        images = there
    of_trial = min(there, images or there)
    budget = settings.tuning.budget
    if settings.tuner != "none":
        if images is None:  # all of them, whose number is needed
            of_trial = _there(settings, folder, there)
        budget = _budget(settings, of_trial)
    _check_begin(settings, space)
    if _BATCH in settings.given:
        _check_batch(settings, batch, there, of_trial)
    if settings.tuner != "none":
        _check_choice(settings, space, of_trial)
    fixed = dict(settings.hyperparameters)
    if BATCH_SIZE in fixed and batch > there:
        fixed[BATCH_SIZE] = there
    tuning = dataclasses.replace(settings.tuning, images=images, budget=budget)
    return dataclasses.replace(settings, tuning=tuning, hyperparameters=fixed)


def _batch(settings: Settings, space: Sequence[Hyperparameter]) -> int:
    """The size of a batch as it is set; 0 for a family that knows none."""
    for one in space:
        if one.name == BATCH_SIZE:
            try:
                return int(one.read(settings.hyperparameters.get(BATCH_SIZE, one.default)))
            except BadHyperparameter as error:
                raise BadSetting(str(error)) from None
    return 0


def _there(settings: Settings, folder: Path, wanted: int) -> int:
    """How many images there are to learn from; next to no run needs to have them counted."""
    from components.readers.intake import learnt_from  # needs NumPy

    taken = settings.data.train_images or settings.known_dataset.train_count
    if 2 * wanted <= taken:
        return taken  # nine in ten of them are, and nobody asks for that many
    return learnt_from(folder, settings.data.transposed, settings.data.train_images)


def _check_batch(settings: Settings, batch: int, there: int, of_trial: int) -> None:
    if batch > there:
        raise BadSetting(
            f"{_BATCH} must be at most {there:,}, which are all images to learn from, not {batch:,}"
        )
    if settings.tuner != "none" and batch > of_trial:
        raise BadSetting(
            f"{_BATCH} must be at most {of_trial:,}, the images of a trial ({_IMAGES}), not "
            f"{batch:,}; more images, or --tuner none, leave room for it"
        )


def _budget(settings: Settings, of_trial: int) -> int:
    """What the search may take: as much as was asked for, or one iteration of Hyperband."""
    tuning, resource = settings.tuning, families.load(settings.family).resource
    task = SearchTask(
        family=settings.family,
        dataset={},
        search=settings.tuner,
        max_epochs=tuning.max_epochs,
        factor=tuning.factor,
        budget=tuning.budget,
        images=of_trial,
        hyperparameters={},
        seed=0,
        source="",
    )
    found = searches.allowed(task, resource, of_trial)
    if found < (least := searches.least(task, resource, of_trial)):
        raise BadSetting(
            f"{_BUDGET} (--tuner-budget) must be at least {least:,}, which the first trial of "
            f"{settings.tuner} takes (training images x epochs), not {found:,}"
        )
    return found


def _check_begin(settings: Settings, space: Sequence[Hyperparameter]) -> None:
    if settings.begin and settings.tuner == "none":
        raise BadSetting(
            "begin says what a search begins with, and tuner is none: set the values as "
            "hyperparameters, or choose a search"
        )
    try:
        read_all(space, settings.begin)
    except BadHyperparameter as error:
        raise BadSetting(str(error)) from None


def _check_choice(settings: Settings, space: Sequence[Hyperparameter], of_trial: int) -> None:
    """Refuses a search whose trials would all be the same."""
    searched = [one for one in space if one.choices]
    for one in searched:
        fits = that_fit(one.choices, of_trial) if one.name == BATCH_SIZE else one.choices
        if one.name not in settings.hyperparameters and len(set(fits)) > 1:
            return
    typed = [one.name for one in searched if f"hyperparameters.{one.name}" in settings.given]
    others = f", or set fewer of {', '.join(typed)} by hand" if typed else ""
    raise BadSetting(
        f"tuner {settings.tuner} has nothing to search, since each hyperparameter has its value: "
        f"use --tuner none{others}"
    )
