"""The formats that a dataset can have. A new one is a module here, and a name in READERS."""

from __future__ import annotations

from pathlib import Path

from components.readers import idx
from components.readers.reader import BadDataset, Reader

READERS: tuple[Reader, ...] = (idx,)


def reader_of(data_dir: str | Path) -> Reader:
    """The reader whose files are in a folder; the first one for a folder that no reader knows.

    Args:
        data_dir: of a dataset.
    """
    for reader in READERS:
        try:
            reader.find_dataset(data_dir)
        except BadDataset:
            continue
        return reader
    return READERS[0]  # which says what is wrong
