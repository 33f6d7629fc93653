"""The mine family: its network, and that it learns."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modules import families
from modules.contract.family import TrainingRun
from modules.contract.hyperparameters import defaults
from modules.data.splits import Split, Splits
from tests import datasets, examples

FAMILY: Any = families.load("mine")
VALUES = defaults(FAMILY.hyperparameters)


@pytest.mark.parametrize(("side", "classes"), [(8, 2), (28, 10), (64, 100)])
def test_it_takes_images_of_any_side_and_knows_any_number_of_classes(
    side: int, classes: int
) -> None:
    family = FAMILY(datasets.described(side, classes))
    network = family.build(VALUES, total_steps=1, seed=1)
    probabilities = network(np.zeros((3, side, side), np.uint8)).numpy()
    assert probabilities.shape == (3, classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)


def test_it_learns(mnist_dir: Path) -> None:
    train = Split(*examples.cut(mnist_dir, 0, 1000))
    held_out = Split(*examples.cut(mnist_dir, 1000, 1200))
    run = TrainingRun(epochs=3, seed=1)
    trained = FAMILY(datasets.MNIST).train(VALUES, Splits(train, held_out), run)
    assert trained.history["val_accuracy"][-1] > 0.5
