"""What a judge that learns is shown, and for how long."""

import numpy as np
import pytest
import tensorflow as tf

from modules.networks.randomness import Numbered
from modules.training import judge_learner, judge_training
from modules.training.judge_learner import Learner, Running, move, roughen


def images(side: int, count: int = 200) -> np.ndarray:
    """Squares of ink on paper, uint8 (count, side, side)."""
    found: np.ndarray = np.zeros((count, side, side), np.uint8)
    found[:, side // 4 : side // 2, side // 4 : side // 2] = 255
    return found


def test_few_images_and_many_are_learnt_for_a_bounded_time() -> None:
    assert judge_training.steps_for(40) == judge_training.steps_for(4_000) == 1_200
    assert 1_200 < judge_training.steps_for(6_000) < 1_500
    assert judge_training.steps_for(54_000) == judge_training.steps_for(600_000) == 6_000


def test_windows_are_odd_and_grow_with_the_image() -> None:
    found = {side: [judge_learner._odd(size, side) for size in (3, 5)] for side in (8, 28, 32, 64)}
    assert found == {8: [1, 1], 28: [3, 5], 32: [3, 5], 64: [7, 11]}


@pytest.mark.parametrize("side", [8, 28, 64])
@pytest.mark.parametrize("chance", [Running(), Numbered(tf.constant([1, 2], tf.int64))])
def test_images_are_roughened_each_by_an_amount_of_its_own(side: int, chance: object) -> None:
    clean = tf.constant(images(side), tf.float32) / 255.0
    rough = roughen(clean, chance).numpy()  # type: ignore[arg-type]
    assert rough.shape == clean.shape and 0.0 <= rough.min() and rough.max() <= 1.0
    changes = np.abs(rough - clean.numpy()).mean(axis=(1, 2))
    assert np.quantile(changes, 0.9) > 3 * np.quantile(changes, 0.1)


def test_a_small_image_is_roughened_less() -> None:
    def changed(side: int) -> float:
        clean = tf.constant(images(side, 1000), tf.float32) / 255.0
        rough = roughen(clean, Numbered(tf.constant([3, 4], tf.int64)))
        return float(tf.reduce_mean(tf.abs(rough - clean)))

    assert changed(8) < 0.6 * changed(28)


@pytest.mark.parametrize("side", [8, 28, 56])
def test_images_move_in_proportion_to_their_side(side: int) -> None:
    moved = move(tf.constant(images(side)), tf.constant([1, 2], tf.int64)).numpy() > 127
    columns = np.arange(side)
    centres = (moved * columns).sum(axis=(1, 2)) / moved.sum(axis=(1, 2))
    assert 0.02 < centres.std() / side < 0.06


def test_a_step_of_the_same_number_is_the_same_step() -> None:
    split, labels = tf.constant(images(8, 16)), tf.zeros(16, tf.int64)

    def after(number: int) -> np.ndarray:
        learner = Learner(8, 3, steps=100, warm_up=10, seed=1)
        for _ in range(2):  # the first one's learning rate is 0
            learner.learn(split, labels, Numbered(tf.constant([1, number], tf.int64)))
        return learner.weights[-4].numpy()

    np.testing.assert_array_equal(after(5), after(5))
    assert np.any(after(5) != after(6))
