"""What a set of labelled images says of itself: their size, their classes, where they came from.

It is read from the files before a run starts (components/readers), is part of the run's settings,
and is all that a family, a schema or an evaluation knows of the data. Imports no framework.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

SIDES = (8, 64)  # pixels, the smallest and the largest
CLASSES = (2, 100)  # the fewest and the most
TESTED = 30  # test images of a class, at least: fewer say nothing of it

MNIST_HASH = "7f0ac1d6a4a32136eb73c7e00419ed320e8ea159501c1f3d6f493a1bc5ec7cd2"
"""The hash of MNIST as Yann LeCun, Corinna Cortes and Christopher Burges published it."""

MNIST_STROKES = (2.0, 2.8)
"""Close to the quartiles of its training images: 24 % thin, 52 % regular, 24 % bold."""


class BadKind(ValueError):
    """What is written down of a dataset is not what this version of the project reads."""


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Labelled square grey images, ink on paper of 0.

    Attributes:
        origin: the name of the folder that they were read from.
        side: pixels along each side of an image.
        labels: of each class, in the files; ascending.
        names: of each class, for people.
        strokes: in pixels, the width below which a stroke is thin, and that from which it is bold.
        hash: of all images and labels as they are read, in hexadecimal digits.
        train_count: images in the training file.
        test_count: images in the test file.
        preparation: how their makers brought the ink into the field, one of
            modules.data.framing.PREPARATIONS; pictures of one's own are brought there likewise.
    """

    origin: str
    side: int
    labels: tuple[int, ...]
    names: tuple[str, ...]
    strokes: tuple[float, float]
    hash: str
    train_count: int
    test_count: int
    preparation: str

    @property
    def classes(self) -> int:
        """How many there are; an Example's label is from 0 to one less."""
        return len(self.names)

    @property
    def pixels(self) -> int:
        """Of an image."""
        return self.side * self.side

    @property
    def is_mnist(self) -> bool:
        """Whether the images are MNIST's own, whatever the files are called."""
        return self.hash == MNIST_HASH

    @property
    def kind(self) -> tuple[int, tuple[int, ...], tuple[str, ...]]:
        """What models of one output folder have to have in common."""
        return self.side, self.labels, self.names

    def __str__(self) -> str:
        """Such as "mnist: 28 x 28 pixels, 10 classes (0 to 9)"."""
        ends = f"{self.names[0]} to {self.names[-1]}"
        return f"{self.origin}: {self.side} x {self.side} pixels, {self.classes} classes ({ends})"


def to_plain(dataset: Dataset) -> dict[str, Any]:
    """Writes a dataset's description down as TOML and JSON know it."""
    found = dataclasses.asdict(dataset)
    return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}


def from_plain(plain: Mapping[str, Any]) -> Dataset:
    """Reads what `to_plain` gave.

    Raises:
        BadKind: something is missing, of another type or too much.
    """
    hints = {field.name: field.type for field in dataclasses.fields(Dataset)}
    if "preparation" not in plain:  # written before there was such a field
        known = {MNIST_HASH: "by-mass"}.get(plain.get("hash", ""), "whole")
        plain = {**plain, "preparation": known}
    if odd := sorted(hints.keys() ^ plain.keys()):
        raise BadKind(f"a dataset is described by {', '.join(hints)}; see {', '.join(odd)}")
    made: dict[str, Any] = {}
    for name, hint in hints.items():
        value = plain[name]
        if hint in ("int", "str") and type(value) is not {"int": int, "str": str}[hint]:
            raise BadKind(f"a dataset's {name} cannot be {value!r}")
        if str(hint).startswith("tuple"):
            item: type = {"int": int, "str": str, "flo": float}[str(hint)[6:9]]
            try:
                value = tuple(item(one) for one in value)
            except (TypeError, ValueError) as error:
                raise BadKind(f"a dataset's {name} cannot be {value!r}") from error
        made[name] = value
    return Dataset(**made)


def to_text(dataset: Dataset) -> str:
    """Writes a dataset's description down as TFX carries it: a property is a text."""
    return json.dumps(to_plain(dataset))


def from_text(text: str) -> Dataset:
    """Reads what `to_text` gave.

    Raises:
        BadKind: see `from_plain`.
    """
    return from_plain(json.loads(text))
