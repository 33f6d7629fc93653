"""Small datasets that are not MNIST, for the tests of what reads them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from components.readers import idx, idx_names

Labels = Sequence[int] | np.ndarray


def pictures(labels: Labels, side: int, seed: int = 0) -> np.ndarray:
    """Images, uint8 (N, side, side): a bar whose place and width follow the label, in noise."""
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 60, (len(labels), side, side), dtype=np.uint8)
    for image, label in zip(made, labels, strict=True):
        first = 1 + int(label) % (side - 3)
        image[first : first + 1 + int(label) % 2, 1 : side - 2] = 255
    return made


def write(
    folder: Path, train: Labels, test: Labels, side: int = 9, transposed: bool = False
) -> Path:
    """Writes a dataset of `pictures` with these labels into a folder, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (split, labels) in enumerate({"train": train, "test": test}.items()):
        images = pictures(labels, side, seed)
        of_images, of_labels = idx_names.SPLITS[split]
        idx.write_idx(folder / of_images, images.swapaxes(1, 2) if transposed else images)
        idx.write_idx(folder / of_labels, np.asarray(labels, np.uint8))
    return folder


def by_class(labels: Sequence[int], count: int) -> list[int]:
    """So many of each label, sorted."""
    return [label for label in labels for _ in range(count)]
