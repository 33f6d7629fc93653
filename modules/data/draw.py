"""Which images a run takes when it does not take them all. NumPy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def draw(labels: np.ndarray, wanted: int | None, least: int = 0) -> npt.NDArray[np.int64]:
    """Draws images in the proportion of their classes, over the whole file.

    The draw is fixed: the same labels give the same places, whatever the seed of a run, the
    machine or the version of a library.

    Args:
        labels: integers, (N,), of all images.
        wanted: how many images; None or too many takes all.
        least: of each class, at least so many, where the file has them. The other classes make
            room for them; where they cannot, there are more images than wanted. So whoever wants
            as many as were drawn gets the same ones again.

    Returns:
        The places of the drawn images in the file, ascending.
    """
    if wanted is None or wanted >= len(labels):
        return np.arange(len(labels), dtype=np.int64)
    order = _shuffled(len(labels))
    classes, counts = np.unique(labels, return_counts=True)
    taken = []
    for label, share in zip(classes, _shares(counts, wanted, least), strict=True):
        taken.append(order[labels[order] == label][:share])
    return np.sort(np.concatenate(taken))


def within(places: np.ndarray, start: int, count: int) -> npt.NDArray[np.int64]:
    """Of ascending places, those among `count` from `start` on, counted from there."""
    stop = int(np.searchsorted(places, start + count))
    return np.asarray(places[int(np.searchsorted(places, start)) : stop] - start, np.int64)


def _shares(counts: np.ndarray, wanted: int, least: int) -> npt.NDArray[np.int64]:
    """Splits a number in the proportion of the counts, but for what each has to have."""
    lowest = np.minimum(counts, least)
    shares, free = lowest.astype(np.int64), np.full(len(counts), True)
    while free.any():
        rest = max(wanted - int(shares[~free].sum()), 0)
        tried = _in_proportion(counts[free], rest)
        short = tried < lowest[free]
        if not short.any():
            shares[free] = tried
            break
        free[np.flatnonzero(free)[short]] = False  # these have their lowest, whatever the others
    return shares


def _in_proportion(counts: np.ndarray, wanted: int) -> npt.NDArray[np.int64]:
    """Splits a number in the proportion of the counts, by largest remainder."""
    exact = counts * (wanted / counts.sum())
    shares = np.floor(exact).astype(np.int64)
    # The first of equal remainders; rounded, so that no machine's last bit decides.
    by_remainder = np.argsort(-np.round(exact - shares, 9), kind="stable")
    shares[by_remainder[: wanted - int(shares.sum())]] += 1
    return shares


def _shuffled(count: int) -> npt.NDArray[np.int64]:
    """The numbers from 0, in the order of their SplitMix64 hashes (Steele et al. 2014)."""
    mixed = (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(_STEP)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
    mixed ^= mixed >> np.uint64(31)
    return np.argsort(mixed, kind="stable").astype(np.int64)
