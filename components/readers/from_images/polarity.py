"""Which of light and dark is the ink. MNIST's ink is 255, on paper of 0."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.readers.from_images.found import BadImages, Found

POLARITIES = ("auto", "black-on-white", "white-on-black")
_AGREE = 0.8  # of all images, whose borders have to be alike
_LIGHT = 128
_TINTED = 64  # more of it in the paper, and it is no paper


def ink_on_paper(found: Found, polarity: str) -> Found:
    """Inverts images that are dark on light; says in a note what was decided and why.

    Args:
        found: images as they came.
        polarity: one of POLARITIES; "auto" decides by the borders.

    Raises:
        BadImages: the borders do not say, or nothing in the images is ink.
    """
    papers = np.concatenate([part.paper for part in found.parts.values()])
    light = float(np.mean(is_light(papers)))
    why = "as it was told"
    if polarity == "auto":
        if 1 - _AGREE < light < _AGREE:
            raise BadImages(
                f"{light:.0%} of the images have light borders and {1 - light:.0%} dark ones, which"
                " does not say what is paper: give --polarity black-on-white or white-on-black."
            )
        polarity = "black-on-white" if light >= _AGREE else "white-on-black"
        alike, shade = max((light, "light"), (1 - light, "dark"))
        why = f"since {alike:.0%} of the borders are {shade}"
    inverted = polarity == "black-on-white"
    done = "inverted" if inverted else "kept"
    notes = [f"{polarity.replace('-', ' ')}, {why}: {done}, so that ink is 255 and paper 0"]
    values, level = from_paper(inverted, papers)
    if level:
        notes.append(f"paper has {level} of 255 in most images, which was made 0")
    parts = {
        split: dataclasses.replace(part, images=values[part.images])
        for split, part in found.parts.items()
    }
    brightest = max(int(part.images.max()) for part in parts.values())
    if brightest < _LIGHT:
        raise BadImages(
            f"No image has ink: the strongest has {brightest} of 255. Give --polarity the other"
            " way round, or images of more contrast."
        )
    return dataclasses.replace(found, parts=parts, notes=(*found.notes, *notes))


def is_light(paper: Any) -> Any:
    """Whether paper, 0 to 255, is light: bool, of the same shape."""
    return paper >= _LIGHT


def from_paper(inverted: bool, papers: Any) -> tuple[NDArray[np.uint8], int]:
    """What becomes of each of 256 greys, so that ink is 255 and paper 0.

    Args:
        inverted: whether the paper is light.
        papers: uint8, of each image, or of the one that there is.

    Returns:
        uint8, (256,), and the grey of most papers that was made 0; 0 where that was not done.
    """
    values = np.arange(256)[::-1] if inverted else np.arange(256)
    level = int(np.median(values[papers]))
    if not 0 < level <= _TINTED:
        return values.astype(np.uint8), 0
    return ((values - level).clip(0) * 255 // (255 - level)).astype(np.uint8), level
