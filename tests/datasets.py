"""Datasets as they say what they are, without their files."""

from modules.data.dataset import MNIST_HASH, Dataset


def described(side: int = 28, classes: int = 10, **more: object) -> Dataset:
    """A dataset of some size, whose classes are called by their numbers."""
    numbers = tuple(range(classes))
    facts: dict[str, object] = {
        "origin": "made-up",
        "side": side,
        "labels": numbers,
        "names": tuple(map(str, numbers)),
        "strokes": (2.0, 2.8),
        "hash": "0" * 64,
        "train_count": 60_000,
        "test_count": 10_000,
        "preparation": "whole",
    }
    return Dataset(**{**facts, **more})  # type: ignore[arg-type]


MNIST = described(origin="mnist", hash=MNIST_HASH, preparation="by-mass")
LETTERS = described(
    side=32, classes=26, labels=tuple(range(1, 27)), names=tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
)
