"""Where a vision transformer looks: its attention weights, over some test images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from modules.contract.view import Ask, View
from modules.data.splits import Split
from modules.util.pictures import grid
from modules.views.heat import enlarged, over
from modules.views.room import fitting, spread

ATTENTION = "attention"  # the signature, its output "weights", and the view
_CLASSES, _MISREAD = 6, 2  # images that are shown: of so many classes, and so many misread ones
_LAYERS = 4  # that are shown, at most
_ASKED = 1000  # images that are asked about to find those
_PIXELS = 90_000  # before they are enlarged; a pixel has three colours
_SIDE = 84  # that an image has at most when it is enlarged


def views(ask: Ask, test: Split, names: Sequence[str]) -> list[View]:
    """A row for each of a few test images: the image, then each layer's attention over it.

    Args:
        ask: the model, with a signature `attention` from images to `weights`, (B, layers, heads,
            T, T), each row of which says how much a token takes from each.
        test: images and labels.
        names: of the classes.
    """
    places, answers = _chosen(ask, test, len(names))
    weights = ask(ATTENTION, images=test.images[places])["weights"]
    layers = shown_layers(weights)
    # What was misread comes last, and most can be learnt from it.
    most = max(1, fitting(test.images.shape[1], _PIXELS) // (1 + len(layers)))
    shown = range(len(places))[-most:]
    read = "; ".join(
        _words(names, int(test.labels[places[row]]), int(answers[row])) for row in shown
    )
    columns = ", ".join(f"layer {layer + 1}" for layer in layers)
    return [
        View(
            ATTENTION,
            ATTENTION,
            "Where each layer looks",
            f"Test images, from top to bottom: {read}. Columns: the image, then {columns}, each "
            "with its attention over the image as the mean of its heads and tokens: yellow where "
            "most is taken from, blue where nothing is.",
            looks(test.images[places][-most:], weights[-most:]),
        )
    ]


def looks(images: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A row for each image: itself, then the attention over it of each of `shown_layers`.

    Args:
        images: uint8, (N, S, S).
        weights: (N, layers, heads, T, T), as `taken` takes those of one.

    Returns:
        uint8, (height, width, 3).
    """
    layers = shown_layers(weights)
    tiles = [tile for row in zip(images, weights, strict=True) for tile in _row(*row, layers)]
    return grid(enlarged(np.stack(tiles), max(1, _SIDE // images.shape[1])), 1 + len(layers))


def shown_layers(weights: np.ndarray) -> Sequence[int]:
    """The layers that are shown of weights, (N, layers, heads, T, T)."""
    return spread(weights.shape[1], _LAYERS)


def taken(weights: np.ndarray) -> npt.NDArray[np.float64]:
    """How much all tokens together take from each, a square of tokens a layer.

    Args:
        weights: (layers, heads, T, T), T a square number; rows add up to 1.

    Returns:
        (layers, s, s), s * s being T; each square adds up to 1.
    """
    side = math.isqrt(weights.shape[-1])
    means = weights.mean(axis=(1, 2), dtype=np.float64)
    return means.reshape(-1, side, side)


def _row(
    image: np.ndarray, weights: np.ndarray, layers: Sequence[int]
) -> list[npt.NDArray[np.uint8]]:
    squares = taken(weights)
    plain = np.repeat(image[..., None], 3, axis=2)
    return [plain, *(over(image, squares[layer]) for layer in layers)]


def _chosen(ask: Ask, test: Split, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of images that are shown, those that are read rightly first, and the answers."""
    places = spread(len(test.images), _ASKED)
    chances = ask("serving_images", images=test.images[places])["probabilities"]
    answers, labels = chances.argmax(axis=1), test.labels[places]
    right = answers == labels
    wanted = spread(classes, _CLASSES)
    first = [found[0] for one in wanted if len(found := np.flatnonzero((labels == one) & right))]
    surest = np.argsort(-chances.max(axis=1), kind="stable")
    wrong = [place for place in surest if not right[place]][:_MISREAD]
    shown = np.array([*first, *wrong], np.int64)
    return places[shown], answers[shown]


def _words(names: Sequence[str], label: int, answer: int) -> str:
    read = "" if label == answer else f", read as {names[answer]}"
    return f"{names[label]}{read}"
