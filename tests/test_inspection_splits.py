"""What the splits hold."""

import numpy as np
import pytest

from components.inspection.splits import duplicates, facts_of
from modules.data.features import mean_ink, stroke_width
from modules.data.splits import Split
from tests.datasets import described


def some(count: int, seed: int) -> Split:
    draw = np.random.default_rng(seed)
    images = draw.integers(0, 256, (count, 8, 8), dtype=np.uint8)
    return Split(images, draw.integers(0, 3, count))


def test_examples_are_counted_by_class_and_their_numbers_described() -> None:
    split = Split(some(50, 1).images, np.arange(50) % 2)
    found = facts_of("eval", split, described(8, 3, names=("a", "b", "<c>")))
    assert (found.split, found.examples) == ("eval", 50)
    assert found.by_class == {"a": 25, "b": 25, "<c>": 0}
    for name, values in (
        ("mean_ink", mean_ink(split.images)),
        ("stroke_width", stroke_width(split.images)),
    ):
        said = found.features[name]
        assert said["mean"] == pytest.approx(values.mean(), abs=1e-5)
        assert said["deviation"] == pytest.approx(values.std(), abs=1e-5)
        assert (said["least"], said["most"]) == pytest.approx((values.min(), values.max()))


def test_images_in_two_splits_are_counted_pair_by_pair() -> None:
    train, held_out, test = some(40, 1), some(20, 2), some(30, 3)
    test.images[:5] = train.images[10:15]
    test.images[5] = train.images[10]  # the same once more: one image of train, two of test
    held_out.images[0] = test.images[29]
    held_out.images[1] = test.images[28]
    held_out.images[1, 0, 0] ^= 1  # which is not the same
    found = duplicates({"train": train, "eval": held_out, "test": test})
    assert found == {"train, eval": 0, "train, test": 5, "eval, test": 1}
