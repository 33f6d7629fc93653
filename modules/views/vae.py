"""What a VAE makes: samples, reconstructions, and what lies between and along its latents."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from modules.contract.view import Ask, View
from modules.data.splits import Split
from modules.util.pictures import as_grey, grid
from modules.views.room import fitting, rows_and_columns, spread
from modules.views.samples import samples
from modules.views.scatter import scatter

_ASKED = 2000  # test images whose posteriors are looked at
_WALKS, _SQUARE = 3, 12  # rows of walks, and images along a side of the plane, at most
# Of the standard normal distribution, so that a plane's squares are equally likely.
_LEAST, _MOST = 0.02, 0.98


def views(ask: Ask, test: Split, names: Sequence[str]) -> list[View]:
    """Samples, reconstructions, walks and the plane of two latents; of two, the map as well.

    Args:
        ask: the model, with the signatures `sample`, `encode`, `decode` and `reconstruct`.
        test: images and labels.
        names: of the classes.
    """
    chosen = spread(len(test.images), _ASKED)
    said = ask("encode", images=test.images[chosen])
    mean, log_variance = said["mean"], said["log_variance"]
    found = [
        samples(ask, test.images.shape[1]),
        _reconstructions(ask, test.images),
        _walk(ask, test, chosen, mean),
        _plane(ask, active(mean, log_variance), mean.shape[1], test.images.shape[1]),
    ]
    return [*found, _map(mean, test.labels[chosen], names)] if mean.shape[1] == 2 else found


def active(mean: np.ndarray, log_variance: np.ndarray) -> npt.NDArray[np.int64]:
    """The latents by how much they say of an image, most first: by the mean KL divergence.

    Args:
        mean: of posteriors, (N, L).
        log_variance: of the same.
    """
    divergence = 0.5 * (np.exp(log_variance) + mean**2 - 1.0 - log_variance)
    return np.argsort(-divergence.mean(axis=0), kind="stable")


def _reconstructions(ask: Ask, images: np.ndarray) -> View:
    side = images.shape[1]
    _, columns = rows_and_columns(side)
    pairs = max(1, min(5, fitting(side) // (2 * columns)))
    real = images[spread(len(images), pairs * columns)]
    made = as_grey(ask("reconstruct", images=real)["images"])
    rows = [
        row
        for start in range(0, len(real), columns)
        for row in (real[start : start + columns], made[start : start + columns])
    ]
    return View(
        "reconstructions",
        "reconstructions",
        "Reconstructions",
        f"{len(real)} test images; below each, what the model makes of its latents.",
        grid(np.concatenate(rows), columns),
    )


def _walk(ask: Ask, test: Split, chosen: np.ndarray, mean: np.ndarray) -> View:
    side = test.images.shape[1]
    _, columns = rows_and_columns(side)
    walks = max(1, min(_WALKS, fitting(side) // columns))
    labels = test.labels[chosen]
    ends = [int(np.flatnonzero(labels == one)[0]) for one in np.unique(labels)[: 2 * walks]]
    starts, stops = mean[ends[0::2]], mean[ends[1::2]]
    along = np.linspace(0.0, 1.0, columns, dtype=np.float32)[None, :, None]
    count = min(len(starts), len(stops))
    between = (1.0 - along) * starts[:count, None] + along * stops[:count, None]
    made = ask("decode", latents=between.reshape(-1, mean.shape[1]).astype(np.float32))["images"]
    return View(
        "walk",
        "walk",
        "From one test image to another",
        f"{count} rows: on the left and on the right what the model makes of two test images of "
        "different classes, between them what it makes of the latents in between.",
        grid(as_grey(made), columns),
    )


def _plane(ask: Ask, order: np.ndarray, latents: int, side: int) -> View:
    from scipy.stats import norm

    columns = min(_SQUARE, math.isqrt(fitting(side)))
    across = norm.ppf(np.linspace(_LEAST, _MOST, columns))
    down = across[::-1] if latents > 1 else across[:1]
    asked = np.zeros((len(down), columns, latents), np.float32)
    asked[..., order[0]] = across
    if latents > 1:
        asked[..., order[1]] = down[:, None]
    made = ask("decode", latents=asked.reshape(-1, latents))["images"]
    which = " and ".join(str(one + 1) for one in order[:2])
    rest = "; all others are 0" if latents > 2 else ""
    return View(
        "plane",
        "latents",
        "The map of the latents" if latents == 2 else "Over the most active latents",
        f"What the model makes of latent{'s' * (latents > 1)} {which}, the first from left to "
        f"right, {'the second from bottom to top, ' * (latents > 1)}in steps that are equally "
        f"likely under the prior{rest}.",
        grid(as_grey(made), columns),
    )


def _map(mean: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> View:
    return View(
        "map",
        "latents",
        "Where the test images lie",
        f"The two latents' means of {len(mean)} test images, a dot each, coloured by class, with "
        "the name of each class at its middle.",
        scatter(mean, labels, names),
    )
