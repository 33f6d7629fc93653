"""IDX, the file format of MNIST: finding, reading and writing a four-file dataset.

An IDX file is two zero bytes, a type code, the number of dimensions, each dimension as a
big-endian 32-bit integer, and then the values in C order. Images are unsigned bytes of three
dimensions; labels are unsigned bytes of one, or, in QMNIST, 32-bit integers of two, of which the
first column is the label. Files are plain or gzipped.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.readers.idx_file import IMAGES, LABELS, UNSIGNED_BYTE, chunks, opened, unreadable
from components.readers.idx_names import find_files
from components.readers.reader import BadDataset, Pair


def find_dataset(data_dir: str | Path) -> dict[str, Pair]:
    """The files of both splits, ``{"train": ..., "test": ...}``; reads only their headers.

    Raises:
        BadDataset: a folder, file or header is missing or wrong, or the counts of a split or the
            sizes of the images differ.
    """
    folder = Path(data_dir)
    try:
        if not folder.exists():
            raise BadDataset(f"{folder} does not exist: name the folder that holds the IDX files.")
        if not folder.is_dir():
            raise BadDataset(f"{folder} is not a folder: name the one that holds the IDX files.")
        pairs = {split: _pair(*files) for split, files in find_files(folder).items()}
    except OSError as error:
        raise unreadable(folder, error) from error
    train, test = pairs["train"], pairs["test"]
    if test.side != train.side:
        raise BadDataset(
            f"{test.images} holds images of {test.side} x {test.side} pixels where those of"
            f" {train.images.name} have {train.side} x {train.side}: take both from one dataset."
        )
    return pairs


def read_labels(
    path: str | Path, start: int = 0, stop: int | None = None
) -> NDArray[np.integer[Any]]:
    """Labels ``start`` to ``stop`` (exclusive) of a label file: uint8 or int32, as it has them.

    Without ``stop``, the file is read to its very end, and checked.

    Raises:
        BadDataset: the file is not a usable label file.
        IndexError: the range is not within the file.
    """
    with opened(Path(path), LABELS) as (file, header):
        if stop is None:
            content = b"".join(chunks(file, header))[start * header.width :]
        else:
            content = header.read(file, start, stop)
    rows = np.frombuffer(content, header.dtype).reshape(-1, header.width // header.dtype.itemsize)
    return rows[:, 0].astype(header.dtype.newbyteorder("="))


def read_images(path: str | Path, start: int, stop: int) -> NDArray[np.uint8]:
    """Images ``start`` to ``stop`` (exclusive) of an image file: uint8, (stop - start, S, S).

    Raises:
        BadDataset: the file is not a usable image file.
        IndexError: the range is not within the file.
    """
    with opened(Path(path), IMAGES) as (file, header):
        content = header.read(file, start, stop)
    return np.frombuffer(content, np.uint8).reshape(stop - start, *header.shape)


def stream_images(path: str | Path) -> Iterator[NDArray[np.uint8]]:
    """All images of a file in order, uint8, (n, S, S) at a time; unpacks the file once.

    Raises:
        BadDataset: the file does not hold what its header promises.
    """
    with opened(Path(path), IMAGES) as (file, header):
        for content in chunks(file, header):
            yield np.frombuffer(content, np.uint8).reshape(-1, *header.shape)


def write_idx(path: str | Path, array: NDArray[np.uint8]) -> None:
    """Writes a uint8 array of any shape as an IDX file, gzipped when the name ends in ``.gz``."""
    if array.dtype != np.uint8:
        raise TypeError(f"IDX files here hold uint8 values, not {array.dtype}")
    header = struct.pack(f">HBB{array.ndim}I", 0, UNSIGNED_BYTE, array.ndim, *map(int, array.shape))
    content = header + array.tobytes()
    # No time of writing inside, so that the same array is always the same file.
    Path(path).write_bytes(
        gzip.compress(content, mtime=0) if Path(path).suffix == ".gz" else content
    )


def _pair(images: Path, labels: Path) -> Pair:
    with opened(images, IMAGES) as (_, of_images), opened(labels, LABELS) as (_, of_labels):
        count = of_images.count
    if count != of_labels.count:
        raise BadDataset(
            f"{images} holds {count:,} images but {labels} {of_labels.count:,} labels: take"
            " both files from the same dataset."
        )
    return Pair(images, labels, count, of_images.shape[0])
