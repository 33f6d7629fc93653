"""Random numbers that depend on their seed alone."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from modules.networks import randomness

DRAWS = [randomness.uniform, randomness.normal]


def some_images(count: int = 20, side: int = 28) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, side, side), np.uint8)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_seed_gives_the_same_numbers_in_any_company(draw: Callable[..., tf.Tensor]) -> None:
    seeds = randomness.seeds_of_images(some_images())
    at_once = draw(seeds, 30).numpy()
    order = np.random.default_rng(2).permutation(20)
    np.testing.assert_array_equal(draw(tf.gather(seeds, order), 30), at_once[order])
    for place in (0, 7, 19):
        np.testing.assert_array_equal(draw(seeds[place : place + 1], 30)[0], at_once[place])


def test_an_image_has_the_same_seed_in_any_company() -> None:
    images = some_images()
    seeds = randomness.seeds_of_images(images).numpy()
    assert seeds.shape == (20, 2) and seeds.dtype == np.int64
    np.testing.assert_array_equal(randomness.seeds_of_images(images[7:9]), seeds[7:9])


@pytest.mark.parametrize("side", [8, 13, 28, 32])
def test_images_that_differ_in_a_pixel_have_other_seeds(side: int) -> None:
    pixels = side * side
    images = np.repeat(some_images(1, side), pixels + 1, axis=0)
    flat = images.reshape(pixels + 1, pixels)
    for pixel in range(pixels):
        flat[pixel + 1, pixel] ^= 1
    seeds = randomness.seeds_of_images(images).numpy()
    for half in seeds.T:
        assert len(np.unique(half)) == pixels + 1


def test_the_seeds_of_mnists_images_stay_what_they_were() -> None:
    image = np.arange(784).reshape(1, 28, 28).astype(np.uint8)
    wanted = [[7367064644006745872, 8358311239069737294]]
    assert randomness.seeds_of_images(image).numpy().tolist() == wanted


def test_images_with_the_same_pixels_in_other_places_have_other_seeds() -> None:
    image = some_images(1)
    turned = np.concatenate([np.rot90(image, turns, axes=(1, 2)) for turns in range(4)])
    assert len(np.unique(randomness.seeds_of_images(turned).numpy())) == 8


def test_each_number_has_numbers_of_its_own() -> None:
    seeds = randomness.seeds_of_numbers(tf.range(300, dtype=tf.int64))
    drawn = randomness.normal(seeds, 400).numpy()
    assert len(np.unique(drawn[:, 0])) == 300
    # Nothing of one is in the next: correlations of independent rows are some 1 / sqrt(400).
    beside = [np.corrcoef(*pair)[0, 1] for pair in zip(drawn[:-1], drawn[1:], strict=True)]
    assert np.std(beside) == pytest.approx(0.05, abs=0.01) and np.abs(beside).max() < 0.25


@pytest.mark.parametrize(
    ("draw", "distribution"), [(randomness.uniform, "uniform"), (randomness.normal, "norm")]
)
def test_numbers_are_distributed_as_they_should_be(
    draw: Callable[..., tf.Tensor], distribution: str
) -> None:
    seeds = randomness.seeds_of_numbers(tf.range(200, dtype=tf.int64))
    drawn = draw(seeds, 500).numpy()
    assert drawn.dtype == np.float32
    wanted = getattr(stats, distribution)
    assert drawn.mean() == pytest.approx(wanted.mean(), abs=0.01)
    assert drawn.var() == pytest.approx(wanted.var(), rel=0.02)
    # Of each seed and of each place: no more may look odd than chance has it.
    for rows in (drawn, drawn.T):
        odd = [stats.kstest(row, distribution).pvalue < 0.01 for row in rows]
        assert np.mean(odd) < 0.04


def test_numbers_have_the_shape_that_is_asked_for_in_a_graph_too() -> None:
    @tf.function(input_signature=[tf.TensorSpec((None, 28, 28), tf.uint8)])
    def draw(images: tf.Tensor) -> tf.Tensor:
        drawn = randomness.normal(randomness.seeds_of_images(images), 3, 4)
        assert drawn.shape.as_list() == [None, 3, 4]
        return drawn

    images = some_images(5)
    outside = randomness.normal(randomness.seeds_of_images(images), 3, 4)
    np.testing.assert_array_equal(draw(images), outside)
    assert draw(images[:0]).shape == (0, 3, 4)


def test_the_noise_of_a_step_follows_from_the_training_and_the_step() -> None:
    def drawn(seed: int, step: int) -> np.ndarray:
        optimizer = keras.optimizers.SGD()
        optimizer.iterations.assign(step)
        chance = randomness.of_step(keras.random.SeedGenerator(seed), optimizer)
        return np.stack([chance.normal((50,)), chance.normal((50,)), chance.uniform((50,))])

    first = drawn(1, 7)
    np.testing.assert_array_equal(first, drawn(1, 7))
    assert not np.isin(first, [drawn(2, 7), drawn(1, 8)]).any()
    assert not np.isin(first[0], first[1]).any() and 0.0 <= first[2].min() <= first[2].max() < 1.0
