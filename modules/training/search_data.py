"""The images of a search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modules.data.images import list_files, load_split
from modules.data.splits import Split, Splits


class SearchData:
    """The images that trials learn from and are judged by, read when they are first needed.

    Args:
        train_files: patterns of TFRecord files.
        eval_files: patterns of TFRecord files.
        side: of an image, in pixels.
        images: how many training images to use, drawn by the seed; None for all.
        seed: of the draw.
    """

    def __init__(
        self,
        train_files: Sequence[str],
        eval_files: Sequence[str],
        side: int,
        images: int | None,
        seed: int,
    ) -> None:
        self._side = side
        self._files = (train_files, eval_files)
        self._images = images
        self._seed = seed
        self._splits: Splits | None = None
        self._order: np.ndarray | None = None

    @property
    def held_out_files(self) -> list[str]:
        """TFRecord files of the images to judge by."""
        return list_files(self._files[1])

    @property
    def count(self) -> int:
        """How many images a whole trial learns from."""
        return len(self.splits().train.images)

    def splits(self) -> Splits:
        """The images to learn from, and those to judge by."""
        if self._splits is None:
            (images, labels), held_out = (load_split(files, self._side) for files in self._files)
            if self._images and self._images < len(images):
                drawn = np.random.default_rng(self._seed).permutation(len(images))[: self._images]
                images, labels = images[drawn], labels[drawn]
            self._splits = Splits(Split(images, labels), held_out)
        return self._splits

    def first(self, count: int) -> Splits:
        """The same with the first `count` images to learn from: more are the same and others."""
        train, held_out = self.splits()
        if count >= len(train.images):
            return self.splits()
        if self._order is None:
            self._order = in_turn(train.labels)
        chosen = np.sort(self._order[:count])
        return Splits(Split(train.images[chosen], train.labels[chosen]), held_out)


def in_turn(labels: np.ndarray) -> np.ndarray:
    """An order whose beginning has each class in its proportion, however long it is.

    Args:
        labels: integers, (N,), in any order.

    Returns:
        Places in `labels`, (N,).
    """
    places = np.empty(len(labels))
    for label in np.unique(labels):
        [of_class] = np.nonzero(labels == label)
        places[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    return np.argsort(places, kind="stable")
