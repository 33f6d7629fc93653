"""Whether a generator has memorised its training images: how near the nearest one is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from components.results.inspection import Neighbours
from modules.contract.view import Ask, View
from modules.data.splits import Splits
from modules.util.pictures import as_grey, grid
from modules.util.plain import number
from modules.views.room import fitting, spread

SAMPLE = "sample"  # the signature that is asked for images, by their seeds
LEAST, MOST = 100, 500  # images that are asked about
_PRODUCTS = 4e10  # of two numbers: what 1,000 images take beside 50,000 of 28 x 28 pixels
_AT_ONCE = 1 << 23  # pixels of training images: 32 MB as floats
_COLUMNS, _PIXELS = 10, 90_000  # of the picture
_PART = 0.01  # of the real images: nearer than all but these is copied


class Nearest(NamedTuple):
    """Of each image, the place of its nearest training image, (N,), and the distance, (N,)."""

    place: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float64]


def nearest(images: np.ndarray, train: np.ndarray) -> Nearest:
    """Finds the nearest training image of each image.

    Args:
        images: float32 in [0, 1], (N, S, S).
        train: uint8, (M, S, S).

    Returns:
        Distances are the root of the mean square of the pixels' differences, in [0, 1].
    """
    count = len(images)
    asked = images.reshape(count, -1).astype(np.float32)
    best = np.full(count, np.inf, np.float32)
    place = np.zeros(count, np.int64)
    step = max(1, _AT_ONCE // asked.shape[1])
    for start in range(0, len(train), step):
        known = _floats(train[start : start + step])
        # |a - b|² less |a|², which is the same for all that a is compared with.
        found = np.einsum("ij,ij->i", known, known) - 2.0 * (asked @ known.T)
        here = found.argmin(axis=1)
        closer = found[np.arange(count), here] < best
        best[closer] = found[closer, here[closer]]
        place[closer] = start + here[closer]
    # Of those that were found, without what the difference of two large sums has lost.
    apart = asked.astype(np.float64) - _floats(train[place])
    return Nearest(place, np.sqrt((apart * apart).mean(axis=1)))


def _floats(images: np.ndarray) -> npt.NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255.0)


def look(ask: Ask, splits: Splits) -> tuple[Neighbours, View] | None:
    """Compares generated images and as many real ones with all training images.

    Args:
        ask: the model, which has a signature `sample`.
        splits: `train`, and the test images as `held_out`.

    Returns:
        The facts; and a picture of samples above their nearest training images. None of a model
        whose samples are no finite numbers.
    """
    train, test = splits.train.images, splits.held_out.images
    affordable = int(_PRODUCTS / (2 * train.size))
    count = min(max(LEAST, min(MOST, affordable)), len(test))
    samples = ask(SAMPLE, seeds=np.arange(count, dtype=np.int64))["images"]
    samples = samples[np.isfinite(samples).all(axis=(1, 2))]
    if not len(samples):
        return None
    generated = nearest(samples, train)
    real = nearest(test[spread(len(test), count)].astype(np.float32) / np.float32(255.0), train)
    bound = np.quantile(real.distance, _PART)
    facts = Neighbours(
        generated=number(np.median(generated.distance)) or 0.0,
        real=number(np.median(real.distance)) or 0.0,
        copied=number((generated.distance < bound).mean()) or 0.0,
        count=count,
    )
    return facts, _picture(samples, generated, train)


def _picture(samples: np.ndarray, found: Nearest, train: np.ndarray) -> View:
    columns = min(_COLUMNS, fitting(train.shape[1], _PIXELS) // 4, len(samples))
    closest = np.argsort(found.distance, kind="stable")[:columns]
    rows = []
    for chosen in (np.arange(columns), closest):
        rows += [as_grey(samples[chosen]), train[found.place[chosen]]]
    return View(
        "neighbours",
        "neighbours",
        "Samples above their nearest training images",
        f"In the first row the first {columns} samples, in the third the {columns} samples that "
        "are nearest to a training image; below each, the training image that is nearest to it, "
        "pixel by pixel.",
        grid(np.concatenate(rows), columns),
    )
