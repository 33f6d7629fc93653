"""What the pipeline asks of a reader of datasets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class BadDataset(ValueError):
    """A dataset that cannot be used: one sentence that names the file and what to do."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """The image file and the label file of one split, and how many examples both hold."""

    images: Path
    labels: Path
    count: int

    @property
    def files(self) -> tuple[Path, Path]:
        return self.images, self.labels


class Reader(Protocol):
    """Reads datasets of one format; a module with these names is one.

    Images are uint8, (N, 28, 28), ink on paper of 0; labels are uint8, (N,).

    Attributes:
        PATTERNS: what matches the files of the splits "train" and "test", and no others.
    """

    PATTERNS: Mapping[str, str]

    def find_dataset(self, data_dir: str | Path) -> Mapping[str, Pair]:
        """The files of the splits "train" and "test"; reads no more than their beginnings.

        Raises:
            BadDataset: a file is missing or wrong.
        """

    def check_dataset(self, data_dir: str | Path) -> Mapping[str, Pair]:
        """`find_dataset`, after which every value of every file is known to be usable.

        Raises:
            BadDataset: a file is missing or wrong.
        """

    def read_images(self, path: str | Path, start: int, stop: int) -> NDArray[np.uint8]:
        """Images `start` to `stop` (exclusive) of an image file."""

    def read_labels(self, path: str | Path, start: int, stop: int) -> NDArray[np.uint8]:
        """Labels `start` to `stop` (exclusive) of a label file."""
