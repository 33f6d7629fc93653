"""Makes a dataset of the 26 printed capital letters, as MNIST's files are: a stand-in for EMNIST.

    .venv/bin/python scripts/letters.py letters --side 28 --train 7800 --test 1560 --seed 1

Size, place, turn, slant, breadth and weight of each letter are random, and so is its face: Roboto
and Roboto Mono, which TensorBoard carries for its pages, and Aileron, Pillow's own. The same seed
gives the same images on every machine that has the locked packages. Labels are 1 (A) to 26 (Z).
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import io
import math
import random
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from components.readers.reader import BadDataset  # noqa: E402
from components.readers.write import STEMS, Labelled, write_dataset  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.data.dataset import SIDES  # noqa: E402

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST = 1_000_000  # letters of a set
SIZE = 128  # pixels of an em when a letter is first drawn, and of the sheet that it is turned on
BOLDER = (0, 0, 1, 2, 4)  # pixels added around a letter at that size
FILLED = (0.65, 0.95)  # of an image's side, by the longer side of a letter
TURN, SLANT, BREADTH, SHIFT = 10.0, 0.1, 0.2, 0.08  # at most, in either direction

Face = ImageFont.FreeTypeFont


@functools.cache
def faces() -> tuple[Face, ...]:
    """All faces, at SIZE, in an order that no machine changes."""
    inside = importlib.metadata.distribution("tensorboard").locate_file("tensorboard/webfiles.zip")
    with zipfile.ZipFile(str(inside)) as pages:
        styles = pages.read("font-roboto/roboto.html").decode()
        rules = re.findall(r"@font-face \{(.*?)\}", styles, re.DOTALL)
        latin = [rule for rule in rules if "U+0000-00FF" in rule]
        files = sorted(re.search(r"url\(/(.*?)\)", rule)[1] for rule in latin)
        roboto = [ImageFont.truetype(io.BytesIO(pages.read(file)), SIZE) for file in files]
    return (ImageFont.load_default(SIZE), *roboto)


@functools.cache
def drawn(face: int, letter: str, bolder: int) -> Image.Image:
    """A letter as large as its face gives it, cut to its ink."""
    sheet = Image.new("L", (3 * SIZE, 3 * SIZE))
    ImageDraw.Draw(sheet).text(
        (SIZE, SIZE), letter, fill=255, font=faces()[face], stroke_width=bolder
    )
    return sheet.crop(sheet.getbbox())


def letter_image(letter: str, side: int, chance: random.Random) -> Image.Image:
    """One letter, with all that is random about it.

    Args:
        letter: a capital.
        side: pixels of the image.
        chance: gives 8 numbers.
    """
    face, bolder, size, turn, slant, breadth, right, down = (chance.random() for _ in range(8))
    ink = drawn(int(face * len(faces())), letter, BOLDER[int(bolder * len(BOLDER))])
    angle = math.radians(TURN * (2 * turn - 1))
    # Rounded, since the last bit of a sine is the machine's own.
    cos, sin = round(math.cos(angle), 6), round(math.sin(angle), 6)
    lean, broad = SLANT * (2 * slant - 1), 1 + BREADTH * (2 * breadth - 1)
    # From the letter, about its middle, to the image: first made broad and slanted, then turned.
    a, b = cos * broad, cos * lean - sin
    c, d = sin * broad, sin * lean + cos
    width = abs(a) * ink.width + abs(b) * ink.height
    height = abs(c) * ink.width + abs(d) * ink.height
    filled = FILLED[0] + (FILLED[1] - FILLED[0]) * size
    scale = filled * side / max(width, height)

    times = -(-SIZE // side)  # drawn so much larger, then averaged: grey edges at any side
    room_x, room_y = (min(SHIFT * side, (side - scale * x) / 2) for x in (width, height))
    x = times * (side / 2 + room_x * (2 * right - 1))
    y = times * (side / 2 + room_y * (2 * down - 1))
    # Pillow asks for the way back, from the image to the letter.
    whole = times * scale * (a * d - b * c)
    a, b, c, d = d / whole, -b / whole, -c / whole, a / whole
    back = (a, b, ink.width / 2 - a * x - b * y, c, d, ink.height / 2 - c * x - d * y)
    large = ink.transform(
        (times * side,) * 2, Image.Transform.AFFINE, back, Image.Resampling.BILINEAR
    )
    return large.reduce(times)


def letters(count: int, side: int, seed: str) -> Labelled:
    """Images of all letters in equal numbers, in random order.

    Args:
        count: of images, one of each letter at least.
        side: pixels of an image.
        seed: of all that is random about them.
    """
    chance = random.Random(seed)
    # By sorting, as only random() is promised to be the same in every Python.
    order = sorted(range(count), key=[chance.random() for _ in range(count)].__getitem__)
    labels = np.array(order, np.int64) % len(LETTERS)
    images = np.stack([letter_image(LETTERS[label], side, chance) for label in labels])
    # A thin letter in few pixels is grey all over; its darkest pixel is made ink.
    darkest = images.max(axis=(1, 2), keepdims=True).astype(np.int64)
    return Labelled((255 * images.astype(np.int64) // darkest).astype(np.uint8), _bytes(labels + 1))


def _bytes(values: np.ndarray) -> np.ndarray:
    return values.astype(np.uint8)


def main(arguments: list[str] | None = None) -> int:
    """Draws and writes; returns 0, or 2 for what cannot be made."""
    parser = argparse.ArgumentParser(
        prog="scripts/letters.py",
        description="Makes a dataset of the 26 printed capital letters, as MNIST's files are. The "
        "same seed gives the same images. Labels are 1 (A) to 26 (Z).",
    )
    parser.add_argument(
        "output", type=path_argument, metavar="OUT", help="the folder for the dataset"
    )
    parser.add_argument("--side", type=int, default=28, help="pixels (default: 28)")
    parser.add_argument("--train", type=int, default=7800, help="images (default: 7800)")
    parser.add_argument("--test", type=int, default=1560, help="images (default: 1560)")
    parser.add_argument("--seed", type=int, default=1, help="of all randomness (default: 1)")
    parser.add_argument("--transposed", action="store_true", help="turn images as EMNIST's are")
    parser.add_argument(
        "--names", choices=list(STEMS), default="mnist", help="of the files (default: mnist)"
    )
    parser.add_argument("--overwrite", action="store_true", help="what is in OUT already")
    options = parser.parse_args(arguments)
    if not SIDES[0] <= options.side <= SIDES[1]:
        parser.error(f"--side is from {SIDES[0]} to {SIDES[1]} pixels, not {options.side}")
    if min(options.train, options.test) < len(LETTERS):
        parser.error(f"--train and --test are {len(LETTERS)} or more, one of each letter")
    if max(options.train, options.test) > MOST:
        parser.error(f"--train and --test are at most {MOST:,}, which fit in memory")
    if not 0 <= options.seed < 2**32:
        parser.error(f"--seed is 0 or more and below {2**32:,}, not {options.seed}")
    parts = []
    for split, count in (("train", options.train), ("test", options.test)):
        part = letters(count, options.side, f"{options.seed} {split}")
        turned = part.images.swapaxes(1, 2) if options.transposed else part.images
        parts.append(Labelled(turned, part.labels))
    try:
        write_dataset(options.output, *parts, LETTERS, STEMS[options.names], options.overwrite)
    except BadDataset as error:
        sys.stderr.write(f"letters: {error}\n")
        return 2
    sys.stdout.write(
        f"{options.train:,} + {options.test:,} letters of {options.side} x {options.side} pixels"
        f" are in {options.output}.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
