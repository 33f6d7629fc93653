"""One picture as a square grey image of a given size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from components.readers.from_images.found import BadImages
from modules.data.dataset import SIDES

_WHITE = 224  # of 255: what is lighter is hardly to be seen on a white page
_WIDE = ("I;16", "I;16B", "I;16L", "I")  # how Pillow calls 16 bits a pixel


def grey(picture: Image.Image) -> Image.Image:
    """Turns a picture upright as its EXIF says, and to 8 bits of grey (ITU-R 601 luma).

    What is transparent becomes white, as on a page; black where all that is drawn is white.
    """
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in _WIDE:
        return Image.fromarray((np.asarray(upright) >> 8).clip(0, 255).astype(np.uint8))
    if upright.has_transparency_data:
        coloured = upright.convert("RGBA")
        page = "black" if _is_chalk(coloured) else "white"
        upright = Image.alpha_composite(Image.new("RGBA", coloured.size, page), coloured)
    return upright.convert("L")


def _is_chalk(coloured: Image.Image) -> bool:
    """Whether a picture, RGBA, shows nothing on a white page."""
    opaque = np.asarray(coloured.getchannel("A")) > 0
    drawn = np.asarray(coloured.convert("RGB").convert("L"))[opaque]
    return bool(drawn.size and drawn.size < opaque.size and drawn.min() >= _WHITE)


def check_size(picture: Image.Image) -> None:
    """Raises BadImages for a picture that is too small to show anything."""
    if max(picture.size) < SIDES[0]:
        raise BadImages(
            f"has {picture.width} x {picture.height} pixels, and the smallest images that can be"
            f" learnt have {SIDES[0]} x {SIDES[0]}"
        )


def square(picture: Image.Image, side: int) -> tuple[NDArray[np.uint8], int]:
    """Pads a grey picture with its own paper to a square, then scales it.

    Args:
        picture: of mode L.
        side: pixels.

    Returns:
        uint8, (side, side), and the paper: the median of the outermost pixels.

    Raises:
        BadImages: it is too small to show anything.
    """
    check_size(picture)
    pixels = np.asarray(picture)
    edge = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    paper = int(np.median(np.concatenate(edge)))
    longer = max(picture.size)
    if picture.width != picture.height:
        padded = Image.new("L", (longer, longer), paper)
        padded.paste(picture, ((longer - picture.width) // 2, (longer - picture.height) // 2))
        picture = padded
    if longer != side:
        picture = picture.resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(picture), paper
