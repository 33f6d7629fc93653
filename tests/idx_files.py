"""Reads IDX files of any size without the reader that is tested elsewhere."""

import gzip
import struct
from pathlib import Path

import numpy as np

from components.readers.write import STEMS


def read(file: Path) -> np.ndarray:
    """The array in a gzipped IDX file of unsigned bytes."""
    content = gzip.decompress(file.read_bytes())
    shape = struct.unpack(f">{content[3]}I", content[4 : 4 + 4 * content[3]])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def read_all(folder: Path, names: str = "mnist") -> list[np.ndarray]:
    """Training images, training labels, test images and test labels."""
    return [read(folder / f"{stem}.gz") for stem in STEMS[names]]
