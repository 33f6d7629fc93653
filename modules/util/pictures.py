"""Grids of images, and PNG files of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from modules.util.files import write_bytes

GAP = 2  # pixels of grey between images
_GREY = 96


def as_grey(images: Any) -> np.ndarray:
    """From images in [0, 1] to uint8, of the same shape."""
    return tf.cast(tf.round(255.0 * images), tf.uint8).numpy()


def grid(images: np.ndarray, columns: int) -> np.ndarray:
    """Lays images out in rows.

    Args:
        images: uint8, (N, h, w), or (N, h, w, 3) in colours.
        columns: images a row; the last row may be shorter.

    Returns:
        uint8, (height, width), or (height, width, 3).
    """
    count, height, width, *colours = images.shape
    rows = -(-count // columns)
    sheet = np.full(
        (rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, *colours), _GREY, np.uint8
    )
    for place, image in enumerate(images):
        top = GAP + place // columns * (height + GAP)
        left = GAP + place % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def png(picture: np.ndarray) -> bytes:
    """A picture, uint8 (height, width), or (height, width, 3) in colours, as a PNG file."""
    layers = picture[..., None] if picture.ndim == 2 else picture
    found: bytes = tf.io.encode_png(layers).numpy()
    return found


def write_pictures(directory: Path, pictures: Mapping[str, np.ndarray]) -> None:
    """Writes each picture, see `png`, as NAME.png, all or nothing; makes the folder."""
    for name, picture in pictures.items():
        write_bytes(directory / f"{name}.png", png(picture))
