"""A file that is in memory until it is whole."""

from __future__ import annotations

import io


class Memory(io.BytesIO):
    """A file in memory, by the name of which Keras knows what to write.

    What Keras saves takes this way: HDF5 ends the process, not the call, when the disk is full.

    Args:
        name: ends in .weights.h5 or .keras.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __str__(self) -> str:
        return self._name
