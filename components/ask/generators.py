"""What is asked of models that make images: samples, walks and reconstructions, as grids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modules.contract.view import Ask
from modules.util.pictures import as_grey, grid

COLUMNS = 10
STEPS = 10  # images of a walk between two pictures, both ends included


def sample(ask: Ask, seeds: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Images in rows, one of each seed.

    Args:
        ask: a model with the signature `sample`.
        seeds: int64, (N,); the same one always gives the same image.
    """
    return grid(as_grey(ask("sample", seeds=seeds)["images"]), min(COLUMNS, len(seeds)))


def walk_between(ask: Ask, ends: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A row from one picture to another, through evenly spaced latents; the ends outermost.

    Args:
        ask: a model with the signatures `encode` and `decode`.
        ends: uint8, (2, S, S).
    """
    first, last = ask("encode", images=ends)["mean"]
    along = np.linspace(0.0, 1.0, STEPS, dtype=np.float32)[:, None]
    made = as_grey(ask("decode", latents=(1.0 - along) * first + along * last)["images"])
    return grid(np.concatenate([ends[:1], made, ends[1:]]), STEPS + 2)


def walks(ask: Ask, seeds: NDArray[np.int64]) -> NDArray[np.uint8]:
    """A row for each seed: the walk that it leads along, from one latent to another.

    Args:
        ask: a model with the signature `walk`.
        seeds: int64, (N,).
    """
    made = as_grey(ask("walk", seeds=seeds)["images"])
    steps, side = made.shape[1], made.shape[2]
    return grid(made.reshape(-1, side, side), steps)


def reconstruct(ask: Ask, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures in rows, with what the model makes of them below each.

    Args:
        ask: a model with the signature `reconstruct`.
        images: uint8, (N, S, S), one at least.
    """
    made = as_grey(ask("reconstruct", images=images)["images"])
    columns = min(COLUMNS, len(images))
    lacking = -len(images) % columns
    rows = []
    for start in range(0, len(images), columns):
        for part in (images[start : start + columns], made[start : start + columns]):
            rows.append(part)
            if lacking and len(part) < columns:
                rows.append(np.zeros((lacking, *part.shape[1:]), np.uint8))
    return grid(np.concatenate(rows), columns)
