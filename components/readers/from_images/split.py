"""Divides images into a training and a test set, or checks how they are divided."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from components.readers.from_images.found import BadImages, Found, Part
from components.readers.write import Labelled
from modules.data.dataset import TESTED


def divide(found: Found, share: float, seed: int) -> tuple[Labelled, Labelled]:
    """Training and test images, shuffled.

    Where the source does not divide them, each class gives the share of its images, and at least
    TESTED, to the test set.

    Args:
        found: the images.
        share: of the images that are for testing, from 0 to 1.
        seed: of the order, and of which images are for testing.

    Raises:
        BadImages: a class has too few images.
    """
    random = np.random.default_rng(seed)
    if "all" not in found.parts:
        train, test = found.parts["train"], found.parts["test"]
        counts = np.bincount(test.labels, minlength=len(found.names))
        for name, count in zip(found.names, counts, strict=True):
            if count < TESTED:
                raise BadImages(
                    f"The class {name} has {count} test images, and {TESTED} are needed to judge"
                    " it: add some, or take the class away."
                )
        return _shuffled(train, random), _shuffled(test, random)
    part = found.parts["all"]
    order = random.permutation(len(part.labels))
    tested: NDArray[np.bool_] = np.zeros(len(order), bool)
    for label, name in enumerate(found.names):
        places = np.flatnonzero(part.labels[order] == label)
        wanted = max(TESTED, round(share * len(places)))
        if len(places) - wanted < TESTED:
            raise BadImages(
                f"The class {name} has {len(places)} images, and would have"
                f" {max(0, len(places) - wanted)} to train with beside {wanted} to test with: each"
                f" class needs {TESTED} of both, so add some, or take the class away."
            )
        tested[places[:wanted]] = True
    return _taken(part, order[~tested]), _taken(part, order[tested])


def _shuffled(part: Part, random: np.random.Generator) -> Labelled:
    return _taken(part, random.permutation(len(part.labels)))


def _taken(part: Part, places: NDArray[np.int64]) -> Labelled:
    return Labelled(part.images[places], part.labels[places])
