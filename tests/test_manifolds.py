"""Precision, recall, density and coverage against their definitions, by scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from modules.metrics.manifolds import (
    NEIGHBOURS,
    Manifold,
    count_balls,
    covered,
    kth_smallest,
    manifold_of,
    squared_distances,
)


def features(seed: int, count: int, centre: float = 0.0, spread: float = 1.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(centre, spread, (count, 6)).astype(np.float32)


# More than are measured at once; generated ones miss a part of the real ones, and are narrower.
REAL = features(1, 1300)
GENERATED = features(2, 1100, centre=0.6, spread=0.8)


def own_radii(points: np.ndarray) -> np.ndarray:
    """From each point to its k-th neighbour; asked of no others, none is its own neighbour."""
    return NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points).kneighbors()[0][:, -1]


def test_squared_distances_are_never_below_zero() -> None:
    first, second = features(3, 30, centre=50.0), features(4, 20, centre=50.0)
    expected = pairwise_distances(first.astype(np.float64), second.astype(np.float64)) ** 2
    np.testing.assert_allclose(squared_distances(first, second), expected, atol=0.05)
    own = squared_distances(first, first).numpy()
    assert own.min() >= 0.0 and own.diagonal().max() < 0.05


@pytest.mark.parametrize("k", [1, 4, 9])
def test_kth_smallest_is_that_of_the_sorted_row(k: int) -> None:
    distances = np.random.default_rng(5).uniform(size=(7, 9)).astype(np.float32)
    np.testing.assert_array_equal(kth_smallest(distances, k), np.sort(distances)[:, k - 1])


def test_a_manifolds_balls_reach_to_the_fifth_neighbour() -> None:
    manifold = manifold_of(REAL)
    np.testing.assert_array_equal(manifold.points, REAL)
    np.testing.assert_allclose(np.sqrt(manifold.radii), own_radii(REAL), rtol=1e-4)


def test_precision_and_density_are_those_of_their_definitions() -> None:
    balls = count_balls(GENERATED, manifold_of(REAL))
    inside = pairwise_distances(REAL, GENERATED) < own_radii(REAL)[:, None]
    assert (balls > 0).mean() == pytest.approx(inside.any(axis=0).mean(), abs=1e-3)
    assert balls.mean() / NEIGHBOURS == pytest.approx(
        inside.sum(axis=0).mean() / NEIGHBOURS, abs=1e-3
    )
    assert 0.5 < (balls > 0).mean() < 1.0


def test_recall_is_that_of_its_definition() -> None:
    balls = count_balls(REAL, manifold_of(GENERATED))
    inside = pairwise_distances(REAL, GENERATED) < own_radii(GENERATED)[None]
    assert (balls > 0).mean() == pytest.approx(inside.any(axis=1).mean(), abs=1e-3)
    assert 0.2 < (balls > 0).mean() < 0.95


def test_coverage_of_held_out_images_looks_for_neighbours_among_the_real_ones() -> None:
    held_out = features(6, 400)
    radii = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(REAL).kneighbors(held_out)[0][:, -1]
    expected = pairwise_distances(held_out, GENERATED).min(axis=1) < radii
    found = covered(held_out, GENERATED, manifold_of(REAL)).numpy()
    assert set(found) == {0.0, 1.0}
    assert (found == expected).mean() > 0.99


def test_coverage_of_each_image_by_the_rest_is_the_standard_one() -> None:
    real, generated = REAL[:150], GENERATED[:130]
    nearest = pairwise_distances(real, generated).min(axis=1)
    expected = (nearest < own_radii(real)).mean()
    one_by_one = [
        float(covered(real[i : i + 1], generated, Manifold(np.delete(real, i, axis=0), None))[0])
        for i in range(len(real))
    ]
    assert np.mean(one_by_one) == pytest.approx(expected, abs=0.01)
    assert 0.1 < expected < 0.95


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="needs more than 5 images, not 5"):
        manifold_of(REAL[:NEIGHBOURS])
    assert len(manifold_of(REAL[: NEIGHBOURS + 1]).radii) == NEIGHBOURS + 1
