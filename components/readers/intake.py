"""Whether a run can be made with the images that it takes, asked before it starts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.readers.reader import BadDataset
from components.readers.survey import Survey
from modules.data.dataset import TESTED, Dataset
from modules.data.draw import draw, within
from modules.data.splits import split_of


@dataclasses.dataclass(frozen=True)
class Intake:
    """What a run takes of a dataset.

    Attributes:
        dataset: what it says of itself.
        train_images: how many of the training images are taken; train and eval share them.
        test_images: how many of the test images are taken.
    """

    dataset: Dataset
    train_images: int
    test_images: int


def places(
    survey: Survey, train_images: int | None, test_images: int | None
) -> dict[str, NDArray[np.int64]]:
    """The places in their files, ascending, of the images that a run takes."""
    return {
        "train": draw(survey.classes["train"], train_images),
        "test": draw(survey.classes["test"], test_images, least=TESTED),
    }


def take(
    data_dir: str | Path,
    transposed: bool = False,
    train_images: int | None = None,
    test_images: int | None = None,
) -> Intake:
    """Reads a dataset, and checks that what is taken of it can be learnt from and tested with.

    Args:
        data_dir: the folder with its files.
        transposed: rows and columns are exchanged in the files.
        train_images: how many of the training images at most; None for all.
        test_images: how many of the test images at most, but for TESTED of each class.

    Raises:
        BadDataset: a file is missing or wrong, or there are too few images of a class.
    """
    survey = Survey(data_dir, transposed)
    taken = places(survey, train_images, test_images)
    _check_tested(survey, taken["test"])
    sought = _Sought(survey, taken["train"])
    dataset = survey.read(sought.see)
    sought.check()
    return Intake(dataset, len(taken["train"]), len(taken["test"]))


def learnt_from(
    data_dir: str | Path, transposed: bool = False, train_images: int | None = None
) -> int:
    """Counts the images of `train`: those that are taken of the training file, without `eval`.

    Args:
        data_dir: see take; as are the others.
        transposed: see there.
        train_images: see there.

    Raises:
        BadDataset: see there.
    """
    survey = Survey(data_dir, transposed)
    taken = draw(survey.classes["train"], train_images)
    count = 0
    for start, images in survey.images("train"):
        here = images[within(taken, start, len(images))]
        count += sum(split_of(image.tobytes()) == "train" for image in here)
    return count


def too_few(
    data_dir: str | Path, transposed: bool, train_images: int | None, enough: int
) -> tuple[str, int] | None:
    """Looks for a class with too few different images to be divided.

    Args:
        data_dir: see take; as are the others.
        transposed: see there.
        train_images: see there.
        enough: how many a class has to have among those that are taken of the training file.

    Returns:
        Its name, and how many it has; None where all have enough.

    Raises:
        BadDataset: see take.
    """
    survey = Survey(data_dir, transposed)
    taken, classes = draw(survey.classes["train"], train_images), survey.classes["train"]
    seen: set[bytes] = set()  # an image is of one class, the first that it is shown for
    lacking = dict.fromkeys(range(len(survey.names)), enough)
    for start, images in survey.images("train"):
        for place in within(taken, start, len(images)):
            label, image = int(classes[start + place]), images[place].tobytes()
            if label in lacking and image not in seen:
                seen.add(image)
                lacking[label] -= 1
                if not lacking[label]:
                    del lacking[label]
                    if not lacking:
                        return None
    label, most = max(lacking.items(), key=lambda one: one[1])
    return survey.names[label], enough - most


def _check_tested(survey: Survey, taken: NDArray[np.int64]) -> None:
    counts = np.bincount(survey.classes["test"][taken], minlength=len(survey.names))
    short = np.flatnonzero(counts < TESTED)
    if short.size:
        [first, *_] = short
        raise BadDataset(
            f"{survey.pairs['test'].labels} has {counts[first]} images of class"
            f" {survey.names[first]}, where {TESTED} of each class are needed for testing: add some"
            " to the test files."
        )


class _Sought:
    """Looks for an image of each class in train and in eval, and no further than it has to."""

    def __init__(self, survey: Survey, taken: NDArray[np.int64]) -> None:
        self._survey, self._taken = survey, taken
        every = range(len(survey.names))
        self._missing = {split: set(every) for split in ("train", "eval")}

    def see(self, split: str, start: int, images: NDArray[np.uint8]) -> None:
        """Is shown the images; see Survey.read."""
        pending = self._missing["train"] | self._missing["eval"]
        if split != "train" or not pending:
            return
        here = within(self._taken, start, len(images))
        classes = self._survey.classes["train"][here + start]
        for label in pending:
            for place in here[classes == label]:
                self._missing[split_of(images[place].tobytes())].discard(label)
                if not any(label in missing for missing in self._missing.values()):
                    break

    def check(self) -> None:
        """Raises BadDataset for a class that one of the two has no image of."""
        for split, missing in self._missing.items():
            if missing:
                path, label = self._survey.pairs["train"].images, min(missing)
                limited = len(self._taken) < self._survey.pairs["train"].count
                more = "take more (data.train_images), or add some" if limited else "add some"
                raise BadDataset(
                    f"{path}: of the {len(self._taken):,} images that are taken, none of class"
                    f" {self._survey.names[label]} is for {split} (one image in ten, by its hash,"
                    f" is for eval): {more} of that class."
                )
