"""One IDX file: its header, and its values to the very end."""

from __future__ import annotations

import dataclasses
import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from components.readers.reader import BadDataset
from modules.data.dataset import SIDES

IMAGES, LABELS = "images", "labels"
UNSIGNED_BYTE, _INTEGER = 0x08, 0x0C

_DIMENSIONS = {(IMAGES, UNSIGNED_BYTE): 3, (LABELS, UNSIGNED_BYTE): 1, (LABELS, _INTEGER): 2}
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 20  # bytes read at once, about


@dataclasses.dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes:
        path: of the file.
        count: of its entries.
        shape: of an entry.
        dtype: of a value, in the byte order of the file.
        size: of the header, in bytes.
    """

    path: Path
    count: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int

    @property
    def width(self) -> int:
        """Bytes of an entry."""
        return int(np.prod(self.shape, dtype=int)) * self.dtype.itemsize

    def read(self, file: IO[bytes], start: int, stop: int) -> bytes:
        """Reads the entries `start` to `stop`, exclusive.

        Raises:
            BadDataset: the file ends before.
            IndexError: the range is not within the file.
        """
        if not 0 <= start <= stop <= self.count:
            raise IndexError(
                f"{self.path} holds {self.count:,} entries: {start} to {stop} is not among them"
            )
        file.seek(self.size + start * self.width)
        content = file.read((stop - start) * self.width)
        if len(content) < (stop - start) * self.width:
            raise self.short(start * self.width + len(content))
        return content

    def short(self, seen: int) -> BadDataset:
        """Of a file that ends after so many bytes of values."""
        return BadDataset(
            f"{self.path} ends after {seen:,} of the {self.count * self.width:,} bytes that its"
            " header promises: fetch it again."
        )


def chunks(file: IO[bytes], header: Header) -> Iterator[bytes]:
    """The values of a file that stands behind its header, some whole entries at a time.

    Raises:
        BadDataset: there are fewer or more than the header promises.
    """
    left, at_once = header.count, max(1, _CHUNK // header.width)
    while left:
        content = file.read(min(left, at_once) * header.width)
        if len(content) < min(left, at_once) * header.width:
            raise header.short((header.count - left) * header.width + len(content))
        left -= len(content) // header.width
        yield content
    if file.read(1):
        raise BadDataset(
            f"{header.path} goes on after the {header.count:,} entries that its header promises:"
            " fetch it again."
        )


@contextmanager
def opened(path: Path, kind: str) -> Iterator[tuple[IO[bytes], Header]]:
    """The file of IMAGES or LABELS behind its header; what goes wrong becomes BadDataset."""
    try:
        zipped = path.suffix == ".gz"
        with cast(IO[bytes], gzip.open(path) if zipped else path.open("rb")) as file:
            yield file, _read_header(path, file, kind)
    except EOFError as error:
        raise BadDataset(f"{path} is cut short inside its gzip stream: fetch it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BadDataset(
            f"{path} is not an intact gzip file ({error}): fetch it again, or drop the .gz of its"
            " name if it was unpacked already."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> BadDataset:
    """Of a file or folder that the system does not let us read."""
    reason = error.strerror or str(error)
    return BadDataset(f"{path} cannot be read ({reason}): check the path and its permissions.")


def _read_header(path: Path, file: IO[bytes], kind: str) -> Header:
    magic = file.read(4)
    if not magic:
        raise BadDataset(f"{path} is empty: fetch it again.")
    if magic[:2] == _GZIP_MAGIC:
        raise BadDataset(f"{path} is gzipped: unpack it, or add .gz to its name.")
    if magic[:2] != b"\0\0":
        raise BadDataset(
            f"{path} is not an IDX file (it starts with 0x{magic.hex()}): put one there."
        )
    if len(magic) < 4:
        raise _cut(path)
    code, dimensions = magic[2:]
    _check_form(path, kind, code, dimensions)
    lengths = file.read(4 * dimensions)
    if len(lengths) < 4 * dimensions:
        raise _cut(path)
    count, *shape = struct.unpack(f">{dimensions}I", lengths)
    if kind == IMAGES:
        _check_size(path, *shape)
    if count == 0 or 0 in shape:
        raise BadDataset(f"{path} holds no {kind}: put a file with some there.")
    dtype = np.dtype(">u1" if code == UNSIGNED_BYTE else ">i4")
    return Header(path, count, tuple(shape), dtype, 4 + 4 * dimensions)


def _check_form(path: Path, kind: str, code: int, dimensions: int) -> None:
    wanted = _DIMENSIONS.get((kind, code))
    if wanted is None:
        raise BadDataset(
            f"{path} holds values of IDX type 0x{code:02x}: convert them to unsigned bytes"
            f" (0x{UNSIGNED_BYTE:02x})."
        )
    if kind == IMAGES and dimensions == wanted + 1:
        raise BadDataset(
            f"{path} has {dimensions} dimensions where {kind} have {wanted}: make its colours one"
            " grey value a pixel."
        )
    if dimensions != wanted:
        raise BadDataset(
            f"{path} has {dimensions} dimensions where {kind} have {wanted}: put a file of {kind}"
            " there."
        )


def _check_size(path: Path, height: int, width: int) -> None:
    if height != width:
        raise BadDataset(
            f"{path} holds images of {height} x {width} pixels: pad them to squares, as"
            " components.readers.from_images does."
        )
    low, high = SIDES
    if not low <= height <= high:
        raise BadDataset(
            f"{path} holds images of {height} x {width} pixels: scale them to between {low} x {low}"
            f" and {high} x {high}."
        )


def _cut(path: Path) -> BadDataset:
    return BadDataset(f"{path} is cut short inside its header: fetch it again.")
