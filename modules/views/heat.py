"""Numbers as colours that the colour-blind can tell apart, over an image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def coloured(values: np.ndarray) -> npt.NDArray[np.uint8]:
    """Numbers in [0, 1] as colours, from blue by way of grey to yellow.

    Nuñez et al. 2018, "Optimizing colormaps with consideration for color vision deficiency".

    Args:
        values: float, (...).

    Returns:
        uint8, (..., 3).
    """
    import matplotlib

    found: npt.NDArray[np.uint8] = np.asarray(matplotlib.colormaps["cividis"](values, bytes=True))
    return found[..., :3]


def over(image: np.ndarray, squares: np.ndarray) -> npt.NDArray[np.uint8]:
    """Lays a heat map over an image, half of each.

    Args:
        image: uint8, (S, S).
        squares: 0 or more, (s, s), each for a part of the image; the greatest is yellow, 0 blue.

    Returns:
        uint8, (S, S, 3).
    """
    side, squared = image.shape[0], squares.shape[0]
    place = (np.arange(side) * squared) // side
    scaled = squares / max(float(squares.max()), 1e-12)
    heat = coloured(scaled)[place][:, place].astype(np.float32)
    return np.round(0.5 * heat + 0.5 * image[..., None]).astype(np.uint8)


def enlarged(images: np.ndarray, times: int) -> np.ndarray:
    """Images, (N, h, w, ...), so many times as high and wide, each pixel a square."""
    return images.repeat(times, axis=1).repeat(times, axis=2)
