"""Tells ink from paper in a scan or a photograph: uneven light, noise and JPEG's traces go."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FAINT = 24.0  # of 255: what differs less from the paper is none of its drawing
_TURNS = 8  # of the fit, which has settled by then
_LEAST = 4.0  # of 255, the narrowest that the fit looks around the paper
_FITTED = 1024  # pixels that the paper is fitted to, about
_NOISE = 4.0  # standard deviations of the paper that are paper still
_PAPER, _INK = 0.2, 0.8  # of the usual ink: up to here all is paper, from there on all is ink
_HALF, _STRONG = 0.5, 99.8  # of the strong ink; and per cent of the pixels that are not stronger
_SPECK = 0.02  # of the area of the largest stain: smaller ones are specks
_MARGIN = 0.06  # of the picture's sides: what lies wholly within is the edge of a sheet, or a frame


class Seen(NamedTuple):
    """What is drawn on a paper.

    Attributes:
        ink: float64, (H, W), from 0 to 1; all 0 where nothing is drawn.
        dark: whether the ink is darker than the paper.
    """

    ink: NDArray[np.float64]
    dark: bool


def see(grey: NDArray[np.uint8], dark: bool | None = None) -> Seen:
    """Separates ink from paper.

    Args:
        grey: (H, W).
        dark: whether ink is darker than paper; None for what differs more from the paper.
    """
    values = grey.astype(np.float64)
    paper, noise = _paper(values)
    apart = paper - values  # positive where it is darker
    if dark is None:
        strong = np.where(np.abs(apart) > _NOISE * noise, apart, 0.0)
        dark = bool((strong * np.abs(strong)).sum() >= 0.0)
    ink = np.clip(apart if dark else -apart, 0.0, None)
    usual = _usual(ink)
    if usual < FAINT:
        return Seen(np.zeros_like(ink), dark)
    low = min(max(_NOISE * noise, _PAPER * usual), _HALF * usual)  # where all is noise, half of it
    high = max(_INK * usual, low + 1.0)
    return Seen(_whole(np.clip((ink - low) / (high - low), 0.0, 1.0)), dark)


def _paper(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The brightness of the paper at each pixel, a curved surface, and its standard deviation.

    It starts from the border, and fits again and again to what lies near the last fit.
    """
    height, width = values.shape
    border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    down, across = np.meshgrid(
        np.linspace(-1.0, 1.0, height), np.linspace(-1.0, 1.0, width), indexing="ij"
    )
    terms = np.stack([np.ones_like(down), down, across, down * across, down**2, across**2], axis=2)
    step = max(1, int(np.sqrt(values.size / _FITTED)))
    some, seen = terms[::step, ::step].reshape(-1, 6), values[::step, ::step].ravel()
    fit = np.full(len(seen), np.median(border))
    reach = max(_LEAST, float(np.percentile(border, 90) - np.percentile(border, 10)))
    known = np.array([np.median(border), 0.0, 0.0, 0.0, 0.0, 0.0])
    for _ in range(_TURNS):
        weights = 1.0 / (1.0 + ((seen - fit) / reach) ** 2) ** 2
        # A little against slopes, so that a few pixels of paper do not bend it.
        ridge = 1e-3 * len(seen) * np.diag([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
        # Not by BLAS, whose threads cost more than sums of so few numbers.
        squares = np.einsum("n,ni,nj->ij", weights, some, some)
        known = np.linalg.solve(squares + ridge, np.einsum("n,ni,n->i", weights, some, seen))
        fit = np.einsum("ni,i->n", some, known)
        near = np.abs(seen - fit)[weights > 0.25]
        noise = 1.4826 * float(np.median(near)) if near.size else reach
        reach = max(_LEAST, 3.0 * noise)
    return np.einsum("hwi,i->hw", terms, known), noise


def _usual(ink: NDArray[np.float64]) -> float:
    """How far ink differs from the paper: the median of what is surely ink."""
    # Not the very darkest, which may be dirt; but a small drawing on a large page is no more.
    strong = float(np.percentile(ink, _STRONG))
    strong = strong if strong >= FAINT else float(ink.max())
    return float(np.median(ink[ink >= _HALF * strong]))


def _whole(ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without specks, and without lines along the edges of the picture."""
    stains, count = ndimage.label(ink > 0.0, np.ones((3, 3)))
    if count < 2:
        return ink
    area = ndimage.sum_labels(ink, stains, np.arange(count + 1))
    margin = [int(np.ceil(_MARGIN * length)) for length in ink.shape]
    within = np.unique(stains[margin[0] : -margin[0], margin[1] : -margin[1]])
    inside = np.zeros(count + 1, bool)
    inside[within] = True
    inside[0] = False
    if not inside.any():
        inside[1:] = True
    kept = inside & (area >= _SPECK * area[inside].max())
    return np.where(kept[stains], ink, 0.0)
