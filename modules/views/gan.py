"""What a GAN makes: samples, and what lies between its latents."""

from __future__ import annotations

import numpy as np

from modules.contract.view import Ask, View
from modules.util.pictures import as_grey, grid
from modules.views.room import fitting
from modules.views.samples import samples

_WALKS = 5  # rows, at most


def views(ask: Ask, side: int) -> list[View]:
    """Samples, and walks.

    Args:
        ask: the model, with the signatures `sample` and `walk`.
        side: S, of an image, in pixels.
    """
    return [samples(ask, side), _walk(ask, side)]


def _walk(ask: Ask, side: int) -> View:
    made = as_grey(ask("walk", seeds=np.arange(_WALKS, dtype=np.int64))["images"])
    steps = made.shape[1]
    rows = max(1, min(_WALKS, fitting(side) // steps))
    return View(
        "walk",
        "walk",
        "From one latent to another",
        f"{rows} rows, each of one class where the model is told it: {steps} steps on a quarter of "
        "a circle from one latent to another, none chosen among several tries.",
        grid(made[:rows].reshape(-1, side, side), steps),
    )
