"""What the pipeline asks of a reader of datasets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class BadDataset(ValueError):
    """A dataset that cannot be used: one sentence that names the file and what to do."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """The image file and the label file of one split.

    Attributes:
        images: the path.
        labels: the path.
        count: how many examples both hold.
        side: pixels along each side of an image.
    """

    images: Path
    labels: Path
    count: int
    side: int

    @property
    def files(self) -> tuple[Path, Path]:
        return self.images, self.labels


class Reader(Protocol):
    """Reads datasets of one format; a module with these names is one.

    Images are uint8, (N, S, S), ink on paper of 0; labels are integers, (N,). Each function raises
    BadDataset for a file that is missing or wrong.
    """

    def find_dataset(self, data_dir: str | Path) -> Mapping[str, Pair]:
        """The files of the splits "train" and "test"; reads no more than their beginnings."""

    def read_labels(
        self, path: str | Path, start: int = 0, stop: int | None = None
    ) -> NDArray[np.integer[Any]]:
        """Labels `start` to `stop` (exclusive) of a label file; without `stop`, to its very end."""

    def read_images(self, path: str | Path, start: int, stop: int) -> NDArray[np.uint8]:
        """Images `start` to `stop` (exclusive) of an image file."""

    def stream_images(self, path: str | Path) -> Iterator[NDArray[np.uint8]]:
        """All images of an image file, in order and some at a time, to its very end."""
