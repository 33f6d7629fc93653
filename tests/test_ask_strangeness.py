"""How strange an image is: by its distance to what was trained on."""

from pathlib import Path

import numpy as np
import pytest

from components.ask.strangeness import STRANGE_PART, edges_of, fit
from modules.data.splits import Split
from tests.examples import cut


@pytest.fixture(scope="module")
def parts(mnist_dir: Path) -> tuple[Split, Split, Split]:
    images, labels = cut(mnist_dir, 0, 1500)
    ends = ((0, 1000), (1000, 1300), (1300, 1500))
    one, two, three = (Split(images[a:b], labels[a:b]) for a, b in ends)
    return one, two, three


def test_what_was_trained_on_is_not_strange_at_all(parts: tuple[Split, ...]) -> None:
    found = fit(*parts[:2]).measure(parts[0].images[:50])
    assert (found.score == 0).all() and np.array_equal(found.nearest, parts[0].images[:50])


def test_of_the_held_out_images_just_that_part_is(parts: tuple[Split, ...]) -> None:
    reference = fit(*parts[:2])
    strange = reference.measure(parts[1].images).score > 1
    assert strange.mean() == pytest.approx(STRANGE_PART, abs=0.004)
    assert (reference.measure(parts[2].images).score > 1).mean() < 0.05


@pytest.mark.parametrize("what", ["noise", "shuffled", "inverted"])
def test_something_else_is_strange(parts: tuple[Split, ...], what: str) -> None:
    chance, others = np.random.default_rng(1), parts[2].images
    pictures = {
        "noise": chance.integers(0, 256, others.shape, np.uint8),
        "shuffled": chance.permuted(others.reshape(len(others), -1), axis=1).reshape(others.shape),
        "inverted": 255 - others,
    }
    assert (fit(*parts[:2]).measure(pictures[what]).score > 1).mean() > 0.95


@pytest.mark.parametrize("side", [8, 13, 64])
def test_images_of_any_side(side: int) -> None:
    images = np.random.default_rng(1).integers(0, 256, (5, side, side), np.uint8)
    assert edges_of(images).shape == (5, 392)
    blank = edges_of(np.zeros((2, side, side), np.uint8))
    assert (blank == 0).all()
