"""What was found in a folder or an .npz, before it is split and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from components.readers.class_names import name_problem
from modules.data.dataset import CLASSES


class BadImages(ValueError):
    """Images that make no dataset: one sentence that names what is wrong and what to do."""


@dataclasses.dataclass(frozen=True)
class Part:
    """Some of the images.

    Attributes:
        images: uint8, (N, side, side), as light and dark as they came.
        labels: uint8, (N,), places among the names of the classes.
        paper: uint8, (N,), the median of each image's outermost pixels.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    paper: NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Found:
    """All of them.

    Attributes:
        names: of the classes.
        parts: "train" and "test" where the source divides them, else "all".
        notes: what was done to them, in sentences.
    """

    names: tuple[str, ...]
    parts: Mapping[str, Part]
    notes: tuple[str, ...]

    @property
    def side(self) -> int:
        """Pixels along each side of an image."""
        part: Part = next(iter(self.parts.values()))
        return int(part.images.shape[1])


def check_classes(source: object, names: Sequence[str]) -> None:
    """Checks how many classes there are, and that their names can be told apart in a list.

    Raises:
        BadImages: naming the source.
    """
    few, most = CLASSES
    if not few <= len(names) <= most:
        what = f"only the class {names[0]}" if len(names) == 1 else f"{len(names):,} classes"
        raise BadImages(f"{source} has {what}: {few} to {most} can be told apart.")
    for name in names:
        if problem := name_problem(name):
            raise BadImages(f"{source} has a class named {name!r}, which {problem}.")
