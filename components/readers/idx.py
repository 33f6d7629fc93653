"""IDX, the file format of MNIST: finding, checking, reading and writing a four-file dataset.

An IDX file is two zero bytes, a type code, the number of dimensions, each dimension as a
big-endian 32-bit integer, and then the values in C order. A dataset here is MNIST's own four
files (``train-`` and ``t10k-``, images and labels), plain or gzipped.
"""

import gzip
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from components.readers.reader import BadDataset, Pair

IMAGE_SIDE = 28
"""Pixels along each side of an image."""

NUM_CLASSES = 10
"""Labels are 0 to NUM_CLASSES - 1."""

SPLITS: dict[str, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""The stems of the image and the label file of each split."""

PATTERNS: Mapping[str, str] = {"train": "train-*", "test": "t10k-*"}
"""What matches the files of each split and no others, for TFX to see whether one has changed."""

_UNSIGNED_BYTE = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 20


def find_dataset(data_dir: str | Path) -> dict[str, Pair]:
    """The files of both splits, ``{"train": ..., "test": ...}``; reads only their headers.

    Each file may be spelt ``train-images-idx3-ubyte`` or ``train-images.idx3-ubyte``, and end in
    ``.gz`` or not. Where several are present the plain one is taken: folders that a download
    tool unpacked in place hold both.

    Raises:
        BadDataset: a folder, file or header is missing or wrong, or the counts of a split differ.
    """
    folder = Path(data_dir)
    try:
        if not folder.exists():
            raise BadDataset(f"{folder} does not exist: name the folder that holds the IDX files.")
        if not folder.is_dir():
            raise BadDataset(f"{folder} is not a folder: name the one that holds the IDX files.")
        return {
            split: _pair(_find(folder, images), _find(folder, labels))
            for split, (images, labels) in SPLITS.items()
        }
    except OSError as error:
        raise _unreadable(folder, error) from error


def check_dataset(data_dir: str | Path) -> dict[str, Pair]:
    """``find_dataset``, after which every byte of every file is known to be usable.

    Reads all four files to their ends, so that truncated, corrupt and overlong ones, and labels
    over 9, are found before any work is done with them.

    Raises:
        BadDataset: as ``find_dataset``, or what a file holds is not what its header promises.
    """
    pairs = find_dataset(data_dir)
    for pair in pairs.values():
        _check_values(pair.labels, 1)
        _check_values(pair.images, 3)
    return pairs


def read_images(path: str | Path, start: int, stop: int) -> NDArray[np.uint8]:
    """Images ``start`` to ``stop`` (exclusive) of an image file: uint8, (stop - start, 28, 28).

    Raises:
        BadDataset: the file is not a usable image file.
        IndexError: the range is not within the file.
    """
    pixels = _read_range(Path(path), 3, start, stop)
    return pixels.reshape(stop - start, IMAGE_SIDE, IMAGE_SIDE)


def read_labels(path: str | Path, start: int, stop: int) -> NDArray[np.uint8]:
    """Labels ``start`` to ``stop`` (exclusive) of a label file: uint8, (stop - start,).

    Raises:
        BadDataset: the file is not a usable label file.
        IndexError: the range is not within the file.
    """
    return _read_range(Path(path), 1, start, stop)


def write_idx(path: str | Path, array: NDArray[np.uint8]) -> None:
    """Writes a uint8 array of any shape as an IDX file, gzipped when the name ends in ``.gz``."""
    if array.dtype != np.uint8:
        raise TypeError(f"IDX files here hold uint8 values, not {array.dtype}")
    header = struct.pack(
        f">HBB{array.ndim}I", 0, _UNSIGNED_BYTE, array.ndim, *map(int, array.shape)
    )
    content = header + array.tobytes()
    # No time of writing inside, so that the same array is always the same file.
    Path(path).write_bytes(
        gzip.compress(content, mtime=0) if Path(path).suffix == ".gz" else content
    )


def _find(folder: Path, stem: str) -> Path:
    spellings = (stem, stem.replace("-idx", ".idx"))
    for suffix in ("", ".gz"):
        for spelling in spellings:
            path = folder / (spelling + suffix)
            if path.is_file():
                return path
    raise BadDataset(
        f"{folder / stem} is missing, and so is {stem}.gz: the four files of MNIST's IDX form"
        " have to be in that folder."
    )


def _pair(images: Path, labels: Path) -> Pair:
    with _opened(images, 3) as (_, image_count):
        pass
    with _opened(labels, 1) as (_, label_count):
        pass
    if image_count != label_count:
        raise BadDataset(
            f"{images} holds {image_count:,} images but {labels} {label_count:,} labels: take"
            " both files from the same dataset."
        )
    return Pair(images, labels, image_count)


@contextmanager
def _opened(path: Path, dimensions: int) -> Iterator[tuple[IO[bytes], int]]:
    """The file behind its header, and the count in it; what goes wrong becomes BadDataset."""
    try:
        zipped = path.suffix == ".gz"
        with cast(IO[bytes], gzip.open(path) if zipped else path.open("rb")) as file:
            yield file, _read_header(path, file, dimensions)
    except EOFError as error:
        raise BadDataset(f"{path} is cut short inside its gzip stream: fetch it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BadDataset(
            f"{path} is not an intact gzip file ({error}): fetch it again, or drop the .gz of its"
            " name if it was unpacked already."
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _read_header(path: Path, file: IO[bytes], dimensions: int) -> int:
    """Reads the header and returns the count of a file of that many dimensions."""
    size = 4 + 4 * dimensions
    header = file.read(size)
    if not header:
        raise BadDataset(f"{path} is empty: fetch it again.")
    if header[:2] == _GZIP_MAGIC:
        raise BadDataset(f"{path} is gzipped: unpack it, or add .gz to its name.")
    if header[:2] != b"\0\0":
        raise BadDataset(
            f"{path} is not an IDX file (it starts with 0x{header[:4].hex()}): put one there."
        )
    if len(header) < size and (len(header) < 4 or header[3] == dimensions):
        raise BadDataset(f"{path} is cut short inside its header: fetch it again.")
    if header[2] != _UNSIGNED_BYTE:
        raise BadDataset(
            f"{path} holds values of IDX type 0x{header[2]:02x}: convert them to unsigned bytes"
            f" (0x{_UNSIGNED_BYTE:02x})."
        )
    if header[3] != dimensions:
        kind = "images" if dimensions == 3 else "labels"
        raise BadDataset(
            f"{path} has {header[3]} dimensions where {kind} have {dimensions}: put a file of"
            f" {kind} there."
        )
    count, *shape = struct.unpack(f">{dimensions}I", header[4:])
    if shape and shape != [IMAGE_SIDE, IMAGE_SIDE]:
        raise BadDataset(
            f"{path} holds images of {shape[0]} x {shape[1]} pixels: scale them to"
            f" {IMAGE_SIDE} x {IMAGE_SIDE}."
        )
    if count == 0:
        kind = "images" if dimensions == 3 else "labels"
        raise BadDataset(f"{path} holds no {kind}: put a file with some there.")
    return int(count)


def _check_values(path: Path, dimensions: int) -> None:
    """Reads a file to its very end and refuses what its header did not promise."""
    with _opened(path, dimensions) as (file, count):
        expected = count * _entry_bytes(dimensions)
        seen = 0
        while chunk := file.read(_CHUNK):
            if seen + len(chunk) > expected:
                raise BadDataset(
                    f"{path} goes on after the {count:,} entries that its header promises: fetch"
                    " it again."
                )
            if dimensions == 1:
                _check_labels(path, np.frombuffer(chunk, np.uint8), seen)
            seen += len(chunk)
    if seen < expected:
        raise _short(path, seen, expected)


def _check_labels(path: Path, labels: NDArray[np.uint8], offset: int) -> None:
    wrong = np.flatnonzero(labels >= NUM_CLASSES)
    if wrong.size:
        first = int(wrong[0])
        raise BadDataset(
            f"{path} has the label {labels[first]} at index {offset + first}: labels have to be 0"
            f" to {NUM_CLASSES - 1}, so correct or drop that example."
        )


def _read_range(path: Path, dimensions: int, start: int, stop: int) -> NDArray[np.uint8]:
    with _opened(path, dimensions) as (file, count):
        if not 0 <= start <= stop <= count:
            raise IndexError(f"{path} holds {count:,} entries: {start} to {stop} is not among them")
        width = _entry_bytes(dimensions)
        file.seek(4 + 4 * dimensions + start * width)
        content = file.read((stop - start) * width)
    if len(content) < (stop - start) * width:
        raise _short(path, start * width + len(content), count * width)
    return np.frombuffer(content, np.uint8)


def _entry_bytes(dimensions: int) -> int:
    return IMAGE_SIDE**2 if dimensions == 3 else 1


def _short(path: Path, seen: int, expected: int) -> BadDataset:
    return BadDataset(
        f"{path} ends after {seen:,} of the {expected:,} bytes that its header promises: fetch it"
        " again."
    )


def _unreadable(path: Path, error: OSError) -> BadDataset:
    reason = error.strerror or str(error)
    return BadDataset(f"{path} cannot be read ({reason}): check the path and its permissions.")
