"""What is reached by who knows only how often classes, or pixels, occur."""

import numpy as np
import pytest

from modules import families
from modules.data.splits import Split, Splits
from tests.datasets import described


def test_a_classifier_can_always_say_the_most_frequent_class() -> None:
    images = np.zeros((6, 8, 8), np.uint8)
    train = Split(images, np.array([0, 1, 1, 2, 2, 1]))
    test = Split(images, np.array([1, 2, 2, 2, 0, 1]))
    family = families.load("transformer")(described(8, 3))
    assert family.trivial(Splits(train, test)) == {"accuracy": pytest.approx(2 / 6)}


def test_independent_pixels_cost_what_drawn_binarised_images_cost_them() -> None:
    draw = np.random.default_rng(1)
    train = draw.integers(0, 256, (300, 8, 8)) * draw.integers(0, 2, (8, 8))
    test = draw.integers(0, 256, (40, 8, 8))
    both = [Split(one.astype(np.uint8), np.zeros(len(one), int)) for one in (train, test)]
    family = families.load("vae")(described(8, 3))
    found = family.trivial(Splits(*both))["nelbo"]
    ink = ((train / 255.0).sum(axis=0) + 1.0) / 302.0
    pixels = draw.random((200, 40, 8, 8)) < test / 255.0
    nats = -np.where(pixels, np.log(ink), np.log(1.0 - ink)).sum(axis=(2, 3))
    assert found == pytest.approx(nats.mean(), rel=0.01)


def test_a_pixel_that_is_never_ink_in_training_is_not_impossible() -> None:
    paper, ink = (np.full((5, 8, 8), value, np.uint8) for value in (0, 255))
    family = families.load("vae")(described(8, 3))
    labels = np.zeros(5, int)
    found = family.trivial(Splits(Split(paper, labels), Split(ink, labels)))["nelbo"]
    assert found == pytest.approx(64 * np.log(7.0))


def test_a_gan_has_nothing_to_compare_with() -> None:
    split = Split(np.zeros((5, 8, 8), np.uint8), np.zeros(5, int))
    assert families.load("gan")(described(8, 3)).trivial(Splits(split, split)) == {}
