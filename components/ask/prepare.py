"""Brings a picture to what the images are made like that a model was trained on."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from components.ask.paper import FAINT, see
from components.readers.from_images.found import BadImages
from components.readers.from_images.polarity import from_paper, is_light
from components.readers.from_images.square import check_size, square
from modules.data.dataset import Dataset
from modules.data.features import stroke_width
from modules.data.framing import BY_MASS, WHOLE, box_side, lies, made

BLACK, WHITE = "black-on-white", "white-on-black"
_WORKED_ON = 512  # pixels of the longer side, at most: the model sees some twenty of them


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A picture, ready to be asked about.

    Attributes:
        image: uint8, (S, S), ink on paper of 0.
        polarity: what the picture was taken to be, "black-on-white" or "white-on-black".
        strokes: pixels that strokes were wide before they were made thicker; None if they were not.
    """

    image: NDArray[np.uint8]
    polarity: str
    strokes: float | None = None


def prepare(picture: Image.Image, dataset: Dataset, polarity: str = "auto") -> Prepared:
    """Prepares one picture as the makers of a dataset prepared theirs.

    Args:
        picture: grey, of mode L, of any size.
        dataset: whose images it is to be like.
        polarity: "black-on-white", "white-on-black", or "auto": the border is paper.

    Raises:
        BadImages: nothing is drawn, or it is too small; the sentence goes on after a file's name.
    """
    check_size(picture)
    low, high = picture.getextrema()
    if low == high:
        raise BadImages("is all of one shade: nothing is drawn")
    if dataset.preparation == WHOLE:
        return _as_a_whole(picture, dataset.side, polarity)
    known = _already(picture, dataset, polarity)
    return known or _by_its_ink(picture, dataset, polarity)


def _as_a_whole(picture: Image.Image, side: int, polarity: str) -> Prepared:
    """As components.readers.from_images makes a dataset of pictures."""
    image, paper = square(picture, side)
    if polarity == "auto":
        polarity = BLACK if is_light(paper) else WHITE
    found, _ = from_paper(polarity == BLACK, paper)
    if found[image].max() < FAINT:
        raise BadImages(f"has no ink if it is {polarity.replace('-', ' ')}: nothing is drawn")
    return Prepared(found[image], polarity)


def _already(picture: Image.Image, dataset: Dataset, polarity: str) -> Prepared | None:
    """A picture that is one of the dataset's, or just like them, as it is."""
    if picture.size != (dataset.side, dataset.side):
        return None
    pixels = np.asarray(picture)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    paper = int(np.median(edge))
    if paper not in (0, 255):
        return None
    found = BLACK if paper else WHITE
    image = 255 - pixels if paper else pixels
    like = polarity in ("auto", found) and made(image[None], dataset.preparation)[0]
    return Prepared(image, found) if like else None


def _by_its_ink(picture: Image.Image, dataset: Dataset, polarity: str) -> Prepared:
    if max(picture.size) > _WORKED_ON:
        picture = picture.copy()
        picture.thumbnail((_WORKED_ON, _WORKED_ON), Image.Resampling.BOX, reducing_gap=None)
    seen = see(np.asarray(picture), None if polarity == "auto" else polarity == BLACK)
    found = BLACK if seen.dark else WHITE
    if not seen.ink.any():
        raise BadImages(f"has no ink if it is {found.replace('-', ' ')}: nothing is drawn")
    ink = Image.fromarray(np.round(255.0 * seen.ink).astype(np.uint8))
    ink = ink.crop(ink.getbbox())
    box = box_side(dataset.preparation, dataset.side)
    # Before it is scaled, since no stroke is thinner than a pixel afterwards.
    scale, thin = max(ink.size) / box, dataset.strokes[0]
    width = float(stroke_width(np.asarray(ink)[None])[0]) / scale
    more = round((thin - width) * scale / 2)
    if more < 1:
        return Prepared(_centre(_fit(ink, box), dataset), found)
    roomy = ImageOps.expand(ink, more)
    thick = roomy.filter(ImageFilter.MaxFilter(2 * more + 1))
    return Prepared(_centre(_fit(thick, box), dataset), found, width)


def _fit(ink: Image.Image, box: int) -> Image.Image:
    """Scales ink that is cropped into a square of so many pixels; its darkest becomes 255."""
    width, height = (max(1, round(length * box / max(ink.size))) for length in ink.size)
    small = np.asarray(ink.resize((width, height), Image.Resampling.BICUBIC), np.float64)
    return Image.fromarray(np.round(small * 255.0 / max(small.max(), 1.0)).astype(np.uint8))


def _centre(fitted: Image.Image, dataset: Dataset) -> NDArray[np.uint8]:
    """Puts ink into the field, by whole pixels, so that nothing is blurred."""
    side = dataset.side
    image: NDArray[np.uint8] = np.zeros((side, side), np.uint8)
    image[: fitted.height, : fitted.width] = np.asarray(fitted)
    ink = lies(image[None])
    middle = (ink.mass if dataset.preparation == BY_MASS else ink.box)[0]
    room = (side - fitted.height, side - fitted.width)
    down, right = (
        int(np.clip(round(side / 2 - at), 0, most)) for at, most in zip(middle, room, strict=True)
    )
    return np.roll(image, (down, right), axis=(0, 1))
