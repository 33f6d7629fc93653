"""Pictures of what a trained model does, and how it is asked for them. Imports no framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class View(NamedTuple):
    """A picture of what a trained model does.

    Attributes:
        name: of its file.
        group: what it belongs to: samples, reconstructions, walk, latents, attention.
        title: a few words.
        text: what is to be seen, for who cannot see it.
        pixels: uint8, (height, width), or (height, width, 3) in colours.
    """

    name: str
    group: str
    title: str
    text: str
    pixels: np.ndarray


# From the name of an exported model's signature and its inputs to its outputs, all NumPy arrays.
Ask = Callable[..., Mapping[str, "np.ndarray"]]
