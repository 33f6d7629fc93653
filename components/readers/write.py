"""Writes a dataset as IDX files: all of it or nothing."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.readers import idx
from components.readers.class_names import CLASS_NAMES
from components.readers.idx_names import SPLITS
from components.readers.reader import BadDataset

PREVIEW = "preview.png"
_SHOWN, _GAP = 12, 2  # images of a class in the preview, and pixels between them

STEMS = {
    "mnist": tuple(stem for stems in SPLITS.values() for stem in stems),
    "emnist": tuple(
        f"emnist-letters-{split}-{what}-ubyte"
        for split in ("train", "test")
        for what in ("images-idx3", "labels-idx1")
    ),
}
"""The names of the four files, without .gz: training images and labels, then the test set's."""


@dataclasses.dataclass(frozen=True)
class Labelled:
    """Images of one size and their labels.

    Attributes:
        images: uint8, (N, side, side), ink on paper of 0.
        labels: uint8, (N,).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)


def check_free(folder: Path, overwrite: bool) -> None:
    """Checks that a dataset may be written into a folder, which need not exist.

    Raises:
        BadDataset: there is a dataset already, or a file in the folder's place.
    """
    if folder.exists() and not folder.is_dir():
        raise BadDataset(f"{folder} is a file: name a folder to write the dataset into.")
    if not overwrite and (found := _dataset_files(folder)):
        raise BadDataset(
            f"{folder} holds a dataset already ({found[0].name}): name another folder, or give"
            " --overwrite."
        )


def write_dataset(
    folder: Path,
    train: Labelled,
    test: Labelled,
    names: Sequence[str],
    stems: Sequence[str] = STEMS["mnist"],
    overwrite: bool = False,
) -> None:
    """Writes four gzipped IDX files, the names of the classes and a preview.

    Args:
        folder: is made; other files in it stay.
        train: for the training file.
        test: for the test file.
        names: of the classes, in the order of their labels.
        stems: of the files' names.
        overwrite: takes the place of a dataset in the folder, however its files are spelt.

    Raises:
        BadDataset: as `check_free`, or the folder cannot be written.
    """
    check_free(folder, overwrite)
    arrays = (train.images, train.labels, test.images, test.labels)
    there = folder.is_dir()
    try:
        place = folder.resolve()
        # Beside the folder, so that files are moved within one file system.
        new = place.with_name(f".{place.name}.{os.getpid()}")
        new.mkdir(parents=True)
        try:
            for stem, array in zip(stems, arrays, strict=True):
                idx.write_idx(new / f"{stem}.gz", array)
            (new / CLASS_NAMES).write_text("".join(f"{name}\n" for name in names), "utf-8")
            _preview(train).save(new / PREVIEW)
            if not there:
                new.rename(place)
                return
            made = sorted(new.iterdir())
            old = set(_dataset_files(folder)) - {folder / file.name for file in made}
            for file in made:
                os.replace(file, folder / file.name)
            for file in old:
                file.unlink()
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        raise BadDataset(f"{folder} cannot be written: {error.strerror or error}.") from error


def _dataset_files(folder: Path) -> list[Path]:
    patterns = ("*idx3-ubyte*", "*idx1-ubyte*", "*idx2-int*", CLASS_NAMES)
    return sorted(file for pattern in patterns for file in folder.glob(pattern))


def _preview(part: Labelled) -> Image.Image:
    """A row of images for each class, ink dark on white paper."""
    side = part.images.shape[1]
    classes = np.unique(part.labels)
    sheet = Image.new("L", (_SHOWN * (side + _GAP), len(classes) * (side + _GAP)), 160)
    for row, label in enumerate(classes):
        for column, image in enumerate(part.images[part.labels == label][:_SHOWN]):
            place = (column * (side + _GAP), row * (side + _GAP))
            sheet.paste(Image.fromarray(255 - image), place)
    return sheet
