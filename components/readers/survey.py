"""Reads a dataset once, from its first byte to its last, and says what it is."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.readers import reader_of
from components.readers.class_names import read_names
from components.readers.preparation import read_preparation
from components.readers.reader import BadDataset, Pair, Reader
from modules.data.dataset import CLASSES, MNIST_HASH, MNIST_STROKES, Dataset
from modules.data.draw import draw, within
from modules.data.features import stroke_width

See = Callable[[str, int, NDArray[np.uint8]], None]
"""Is shown every image once: the split of its file, the place of the first one, and the images."""

_FAINT = 128  # the brightest pixel of a file is at least this, or its values are on another scale
_TESTED_BY_STROKE = 200  # test images, of a quarter of which there are 30 all but certainly
_DIVIDES = 0.1  # share of images that a class of strokes has to have
_MEASURED = 10_000  # training images whose strokes are measured


class Survey:
    """A dataset whose files are there and whose labels make sense.

    Attributes:
        folder: of the files.
        pairs: the files of the splits "train" and "test".
        classes: the class of each image of a split, int64 (N,), from 0.
        labels: of each class, in the files; ascending.
        names: of each class.

    Raises:
        BadDataset: a file is missing or wrong.
    """

    def __init__(self, data_dir: str | Path, transposed: bool) -> None:
        self.folder, self._transposed = Path(data_dir), transposed
        self._reader: Reader = reader_of(data_dir)
        self.pairs: Mapping[str, Pair] = self._reader.find_dataset(data_dir)
        raw = {name: self._reader.read_labels(pair.labels) for name, pair in self.pairs.items()}
        self.labels = self._read_classes(raw["train"])
        self._check_known(raw["test"])
        self.names = read_names(self.folder, self.labels)
        self.classes: dict[str, NDArray[np.int64]] = {
            name: np.searchsorted(self.labels, found).astype(np.int64)
            for name, found in raw.items()
        }

    def read(self, *seers: See) -> Dataset:
        """Reads all images, showing them to whoever wants to see them.

        Raises:
            BadDataset: what a file holds is not what its header promises, or not an image in ink.
        """
        train, test = self.pairs["train"], self.pairs["test"]
        measured = draw(self.classes["train"], _MEASURED)
        kept: list[NDArray[np.uint8]] = []
        found = hashlib.sha256(f"{train.side} {train.count} {test.count}\n".encode())
        for split in self.pairs:
            found.update(np.asarray(self.labels, ">i8")[self.classes[split]].tobytes())
            for start, images in self.images(split):
                found.update(images.data)
                if split == "train":
                    kept.append(images[within(measured, start, len(images))])
                for see in seers:
                    see(split, start, images)
        named, looked_at = found.hexdigest(), np.concatenate(kept)
        return Dataset(
            origin=self.folder.resolve().name,
            side=train.side,
            labels=self.labels,
            names=self.names,
            strokes=MNIST_STROKES if named == MNIST_HASH else self._strokes(looked_at),
            hash=named,
            train_count=train.count,
            test_count=test.count,
            preparation=read_preparation(self.folder, looked_at),
        )

    def _strokes(self, images: NDArray[np.uint8]) -> tuple[float, float]:
        """Where strokes are divided; nowhere, if a quarter of the test images were too few."""
        enough = self.pairs["test"].count >= _TESTED_BY_STROKE
        return _quartiles(images) if enough else (0.0, 0.0)

    def images(self, split: str) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """The images of a file, upright and contiguous, with the place of the first of each lot."""
        path = self.pairs[split].images
        start, brightest = 0, 0
        for images in self._reader.stream_images(path):
            if self._transposed:
                images = np.ascontiguousarray(images.swapaxes(1, 2))
            brightest = max(brightest, int(images.max()))
            yield start, images
            start += len(images)
        if brightest < _FAINT:
            raise BadDataset(
                f"{path} has no pixel above {brightest}, so its values are not from 0 to 255: scale"
                " them to 0-255."
            )

    def _read_classes(self, labels: NDArray[np.integer[Any]]) -> tuple[int, ...]:
        path, (low, high) = self.pairs["train"].labels, CLASSES
        classes, first = np.unique(labels, return_index=True)
        if classes[0] < 0:
            raise BadDataset(
                f"{path} has the label {classes[0]} at index {first[0]}: labels cannot be negative,"
                " so correct or drop that example."
            )
        if not low <= len(classes) <= high:
            how = "one class" if len(classes) == 1 else f"{len(classes):,} classes"
            raise BadDataset(
                f"{path} holds labels of {how}, where a dataset has {low} to {high}: check that"
                " these are the labels."
            )
        return tuple(map(int, classes))

    def _check_known(self, labels: NDArray[np.integer[Any]]) -> None:
        strange = np.flatnonzero(~np.isin(labels, self.labels))
        if strange.size:
            first = int(strange[0])
            raise BadDataset(
                f"{self.pairs['test'].labels} has the label {labels[first]} at index {first}, which"
                " no training image has: correct or drop that example."
            )


def read_dataset(data_dir: str | Path, transposed: bool = False) -> Dataset:
    """What a dataset says of itself; every value of every file is known to be usable then.

    Args:
        data_dir: the folder with its files.
        transposed: rows and columns are exchanged in the files.

    Raises:
        BadDataset: a file is missing or wrong.
    """
    return Survey(data_dir, transposed).read()


def _quartiles(images: NDArray[np.uint8]) -> tuple[float, float]:
    """The widths of stroke below and above which a quarter of the images are, in pixels.

    Where widths are so much alike that next to no image is on one side, that side is left out: the
    lower one is 0 then, or both are the same.
    """
    # In double precision, or the last digit would be the NumPy version's.
    widths: NDArray[np.float64] = stroke_width(images).astype(np.float64)
    # Rounded down, so that images of just that width are on the upper side.
    low, high = (math.floor(1e4 * float(np.quantile(widths, p))) / 1e4 for p in (0.25, 0.75))
    if (widths < low).mean() < _DIVIDES:
        low = 0.0
    if ((low <= widths) & (widths < high)).mean() < _DIVIDES:
        high = low
    return low, high
