"""Figures of samplers that are known: real images, and real images without an eight."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from modules.metrics import judge, judge_weights
from modules.metrics.frechet import frechet_distance
from modules.metrics.manifolds import NEIGHBOURS
from modules.metrics.sample_scores import FIGURES, OF_CLASS, OVERALL, sample_figures
from modules.metrics.samples import SampleFacts, in_batches
from tests import examples

Facts = dict[str, np.ndarray]

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TRAINING, GENERATED, TEST = slice(0, 1000), slice(1000, 1600), slice(1600, 2100)
COUNT = 500  # half of the training images, and so the size of each set


@pytest.fixture(scope="module")
def mnist(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    images, labels = examples.cut(mnist_dir, 0, 2100)
    # MNIST comes writer by writer: without mixing, the parts would be of different hands.
    mixed = np.random.default_rng(1).permutation(len(images))
    return images[mixed], labels[mixed]


def sampler(images: np.ndarray) -> Callable[[int], np.ndarray]:
    """A sampler that makes these images, uint8, again and again."""
    return lambda count: np.resize(images, (count, 28, 28)).astype(np.float32) / 255.0


def facts_of(about: SampleFacts, images: np.ndarray, batch: int = 250) -> Facts:
    raw, numbers = tf.TensorSpec((None, 28, 28), tf.uint8), tf.TensorSpec((None,), tf.int64)
    ask = tf.function(about.about, input_signature=[raw, numbers])
    parts = [
        ask(images[start : start + batch], np.arange(len(images))[start : start + batch])
        for start in range(0, len(images), batch)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@pytest.fixture(scope="module")
def perfect(mnist: tuple[np.ndarray, np.ndarray]) -> SampleFacts:
    images, _ = mnist
    return SampleFacts(sampler(images[GENERATED]), images[TRAINING], seed=1, judge=judge.shipped())


@pytest.fixture(scope="module")
def perfect_facts(perfect: SampleFacts, mnist: tuple[np.ndarray, np.ndarray]) -> Facts:
    return facts_of(perfect, mnist[0][TEST])


@pytest.fixture(scope="module")
def facts_without_eights(mnist: tuple[np.ndarray, np.ndarray]) -> Facts:
    images, labels = mnist
    # Neither what is an eight, nor what the judge takes for one.
    read = judge.shipped().read_all(images[GENERATED]).logits.argmax(axis=1)
    others = images[GENERATED][(labels[GENERATED] != 8) & (read != 8)]
    return facts_of(
        SampleFacts(sampler(others), images[TRAINING], seed=1, judge=judge.shipped()), images[TEST]
    )


def on(facts: Facts, chosen: np.ndarray) -> dict[str, float]:
    return sample_figures({name: values[chosen] for name, values in facts.items()}, NAMES)


def test_real_images_are_as_good_as_real_images(perfect_facts: Facts) -> None:
    figures = sample_figures(perfect_facts, NAMES)
    of_classes = {f"{figure}_of_{name}" for figure in OF_CLASS for name in NAMES}
    assert set(figures) == {*FIGURES, *of_classes} and set(OVERALL) < set(FIGURES)
    assert figures["relative_coverage"] == pytest.approx(1.0, abs=0.1)
    assert figures["relative_frechet"] == pytest.approx(1.0, abs=0.3)
    for name in ("coverage", "recall", "precision", "density", "entropy"):
        assert figures[name] == pytest.approx(figures[f"floor_{name}"], abs=0.15)
        assert figures[name] > 0.5


def test_without_an_eight_only_eights_are_not_covered(
    facts_without_eights: Facts, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    eights = mnist[1][TEST] == 8
    whole = sample_figures(facts_without_eights, NAMES)
    assert whole["share_of_eight"] == 0.0 and whole["floor_share_of_eight"] > 0.05
    assert np.isnan(whole["precision_of_eight"]) and whole["relative_frechet"] > 1.3**2
    assert on(facts_without_eights, eights)["coverage"] < 0.15
    assert on(facts_without_eights, eights)["floor_coverage"] > 0.6
    assert on(facts_without_eights, ~eights)["relative_coverage"] > 0.9


def test_noise_is_far_from_digits(mnist: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = mnist
    noise = np.random.default_rng(2).integers(0, 256, (COUNT, 28, 28), np.uint8)
    about = SampleFacts(sampler(noise), images[TRAINING], seed=1, judge=judge.shipped())
    figures = sample_figures(facts_of(about, images[TEST]), NAMES)
    assert figures["coverage"] < 0.1 < figures["floor_coverage"]
    assert figures["relative_frechet"] > 25.0


def test_shares_entropy_and_precisions_are_those_of_the_facts(perfect_facts: Facts) -> None:
    figures = sample_figures(perfect_facts, NAMES)
    for name, prefix in (("generated", ""), ("floor", "floor_")):
        classes = perfect_facts[f"{name}_class"]
        shares = [np.mean(classes == number) for number in range(10)]
        assert [figures[f"{prefix}share_of_{called}"] for called in NAMES] == shares
        assert figures[f"{prefix}entropy"] == pytest.approx(stats.entropy(shares))
        balls = perfect_facts[f"{name}_balls"]
        assert figures[f"{prefix}density"] == pytest.approx(np.mean(balls) / NEIGHBOURS)
        assert figures[f"{prefix}precision"] == np.count_nonzero(balls) / len(balls)
        assert figures[f"{prefix}frechet"] == pytest.approx(
            frechet_distance(perfect_facts["features"], perfect_facts[f"{name}_features"])
        )
    fours = perfect_facts["generated_class"] == 4
    inside = perfect_facts["generated_balls"][fours] > 0
    assert figures["precision_of_four"] == pytest.approx(np.mean(inside))


def test_facts_are_about_the_judges_reading_of_the_samples_in_their_order(
    perfect: SampleFacts, perfect_facts: Facts, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    images, _ = mnist
    assert perfect.count == COUNT == len(perfect_facts["features"])
    reading = judge.shipped().read_all(images[GENERATED][:COUNT])
    np.testing.assert_allclose(perfect_facts["generated_features"], reading.features, atol=1e-3)
    of_test = judge.shipped().read_all(images[TEST]).features
    np.testing.assert_allclose(perfect_facts["features"], of_test, atol=1e-3)


def test_real_and_floor_images_are_different_ones(
    perfect: SampleFacts, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    # In sets that share an image, a point lies in the middle of a ball.
    real = perfect._real.points
    _, floor = perfect._others["floor"]
    both = np.concatenate([real, floor.points])
    of_training = judge.shipped().read_all(mnist[0][TRAINING]).features
    assert len(both) == len(of_training) == len(np.unique(both, axis=0))
    np.testing.assert_allclose(np.sort(both, axis=0), np.sort(of_training, axis=0), atol=1e-3)


def test_facts_do_not_depend_on_the_batches(
    perfect: SampleFacts, perfect_facts: Facts, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    found = facts_of(perfect, mnist[0][TEST], batch=37)
    assert set(found) == set(perfect_facts)
    for name, values in found.items():
        if name.endswith(("_covers", "_recalls")):  # a distance may be at the very border
            assert set(values) == {0.0, 1.0} and (values != perfect_facts[name]).mean() < 0.01
        elif name == "features":
            np.testing.assert_allclose(values, perfect_facts[name], atol=1e-3)
        else:
            np.testing.assert_array_equal(values, perfect_facts[name])


def test_with_more_images_than_samples_the_samples_come_round_again(
    perfect: SampleFacts, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    facts = perfect.about(mnist[0][:2], tf.constant([3, COUNT + 3], tf.int64))
    np.testing.assert_array_equal(*facts["generated_features"].numpy())
    assert np.any(facts["features"][0] != facts["features"][1])


def test_a_sampler_by_numbers_is_asked_for_each_number_once() -> None:
    asked = []

    def sample(numbers: tf.Tensor) -> tf.Tensor:
        asked.append(numbers.shape)
        return tf.ones((1, 28, 28)) * tf.cast(numbers, tf.float32)[:, None, None]

    drawn = in_batches(sample)(2300)
    np.testing.assert_array_equal(drawn[:, 5, 7], np.arange(2300))
    assert drawn.shape == (2300, 28, 28) and len(asked) == 1  # one graph for all batches


def test_too_few_training_images_are_refused(mnist: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = mnist
    with pytest.raises(ValueError, match="needs more than 5 images"):
        SampleFacts(sampler(images), images[:10], seed=1, judge=judge.shipped())


def test_images_of_any_side_are_read_by_a_judge_of_theirs() -> None:
    random = np.random.default_rng(3)
    weights = tuple(
        random.normal(0.0, 0.3, shape).astype(np.float32) for shape in judge_weights.shapes(9, 3)
    )
    reader = judge.Judge(9, 3, 0.9, "mark", weights)
    images = random.integers(0, 256, (60, 9, 9), np.uint8)
    about = SampleFacts(lambda count: images[:count] / np.float32(255.0), images, 1, reader)
    facts = about.about(images[:5], tf.range(5, dtype=tf.int64))
    read = reader.read_all(images[:5]).logits.argmax(axis=1)
    np.testing.assert_array_equal(facts["generated_class"], read)
