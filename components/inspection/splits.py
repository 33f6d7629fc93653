"""What the splits hold, and which images are in two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import combinations

import numpy as np

from components.results.inspection import SplitFacts
from modules.data.dataset import Dataset
from modules.data.features import MEAN_INK, mean_ink, stroke_width
from modules.data.splits import Split
from modules.util.plain import number

STROKE_WIDTH = "stroke_width"


def facts_of(name: str, split: Split, dataset: Dataset) -> SplitFacts:
    """Counts a split's Examples, and describes numbers that follow from its images.

    Args:
        name: of the split.
        split: its images and labels.
        dataset: what the data say of themselves.
    """
    counts = np.bincount(split.labels, minlength=dataset.classes)
    numbers = {MEAN_INK: mean_ink(split.images), STROKE_WIDTH: stroke_width(split.images)}
    return SplitFacts(
        split=name,
        examples=len(split.labels),
        by_class=dict(zip(dataset.names, counts.tolist(), strict=True)),
        features={feature: _described(values) for feature, values in numbers.items()},
    )


def _described(values: np.ndarray) -> dict[str, float]:
    found = {
        "mean": values.mean(dtype=np.float64),
        "deviation": values.std(dtype=np.float64),
        "least": values.min(),
        "most": values.max(),
    }
    return {name: number(value) or 0.0 for name, value in found.items()}


def duplicates(splits: Mapping[str, Split]) -> dict[str, int]:
    """Counts the images of one split that are in another one, too, pixel by pixel.

    Args:
        splits: by name.

    Returns:
        For each pair, such as "train, test", how many images of the first are in the second.
    """
    hashes = {name: [_hash(image) for image in split.images] for name, split in splits.items()}
    known = {name: set(found) for name, found in hashes.items()}
    return {
        f"{one}, {other}": sum(image in known[other] for image in hashes[one])
        for one, other in combinations(hashes, 2)
    }


def _hash(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
