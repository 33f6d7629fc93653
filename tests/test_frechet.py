"""The Fréchet distance against SciPy's matrix square root, and as a Keras metric."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import linalg

from modules.metrics.frechet import FrechetDistance, frechet_distance

SIZE = 12


def features(seed: int, count: int, size: int = SIZE) -> np.ndarray:
    """Correlated features away from zero, as a ReLU gives them: float32 (count, size)."""
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(count, size)) @ random.normal(size=(size, size))
    return np.maximum(mixed + random.uniform(0.0, 3.0, size), 0.0).astype(np.float32)


def by_scipy(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first.astype(np.float64), second.astype(np.float64)
    apart = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum()
    of_first, of_second = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    spread = np.trace(of_first + of_second - 2 * linalg.sqrtm(of_first @ of_second).real)
    return float(apart + spread)


def test_the_distance_is_that_of_the_formula() -> None:
    first, second = features(1, 300), features(2, 170)
    assert frechet_distance(first, second) == pytest.approx(by_scipy(first, second), rel=1e-7)
    assert frechet_distance(second, first) == pytest.approx(frechet_distance(first, second))


def test_a_set_that_is_moved_is_as_far_away_as_it_was_moved_squared() -> None:
    first = features(3, 200)
    move = np.arange(SIZE, dtype=np.float32)
    wanted = linalg.norm(move) ** 2
    assert frechet_distance(first, first + move) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("count", [200, SIZE - 4])  # with too few, covariances are singular
def test_a_set_is_at_no_distance_from_itself(count: int) -> None:
    first = features(4, count)
    spread = float(first.var(axis=0).sum())
    assert frechet_distance(first, first[::-1]) == pytest.approx(0.0, abs=1e-6 * spread)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_have_no_distance(count: int) -> None:
    some, few = features(5, 20), features(6, 20)[:count]
    assert np.isnan(frechet_distance(some, few)) and np.isnan(frechet_distance(few, some))
    assert np.isfinite(frechet_distance(some, features(6, 20)[:2]))


def test_the_metric_adds_batches_of_any_size_up_in_a_graph() -> None:
    first, second = features(7, 230), features(8, 230)
    metric = FrechetDistance(SIZE)
    spec = tf.TensorSpec((None, SIZE), tf.float32)
    update = tf.function(metric.update_state, input_signature=[spec, spec])
    for start, stop in ((0, 100), (100, 101), (101, 230)):
        update(first[start:stop], second[start:stop])
    expected = frechet_distance(first, second)
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_the_metric_begins_anew_when_it_is_reset() -> None:
    first, second, third = features(9, 80), features(10, 80), features(11, 80)
    metric = FrechetDistance(SIZE)
    metric.update_state(first, third)
    metric.reset_state()
    metric.update_state(first, second)
    assert float(metric.result()) == pytest.approx(frechet_distance(first, second), rel=1e-5)
