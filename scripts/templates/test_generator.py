"""The mine family: its network, that it learns, and its samples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modules import families
from modules.contract.family import Trained, TrainingRun
from modules.contract.hyperparameters import defaults
from modules.data.splits import Split, Splits
from tests import datasets, examples

FAMILY: Any = families.load("mine")
VALUES = defaults(FAMILY.hyperparameters)


@pytest.fixture(scope="module")
def train(mnist_dir: Path) -> Split:
    return Split(*examples.cut(mnist_dir, 0, 1000))


@pytest.fixture(scope="module")
def trained(mnist_dir: Path, train: Split) -> Trained:
    held_out = Split(*examples.cut(mnist_dir, 1000, 1200))
    run = TrainingRun(epochs=3, seed=1)
    return FAMILY(datasets.MNIST).train(VALUES, Splits(train, held_out), run)


@pytest.mark.parametrize("side", [8, 28, 64])
def test_it_takes_images_of_any_side(side: int) -> None:
    network = FAMILY(datasets.described(side)).build(VALUES, total_steps=1, seed=1)
    given_back = network(np.zeros((3, side, side), np.uint8)).numpy()
    assert given_back.shape == (3, side * side)
    assert 0.0 <= given_back.min() and given_back.max() <= 1.0


def test_it_learns(trained: Trained) -> None:
    first, *_, last = trained.history["val_loss"]
    assert last < 0.9 * first


def test_a_sample_belongs_to_its_seed(trained: Trained, train: Split) -> None:
    sample = trained.signatures(train.images, 1)["sample"].function
    one, other, again = np.array(sample(np.array([1, 2, 1]))["images"])
    np.testing.assert_allclose(one, again, atol=1e-6)
    assert np.abs(one - other).max() > 0.1
