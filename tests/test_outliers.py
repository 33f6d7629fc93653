"""Which of some figures is unlike the others."""

import numpy as np
import pytest

from components.outliers import LEVEL, outliers


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([0.991, 0.990, 0.992, 0.991, 0.93], [4]),
        ([120.0, 98.1, 98.4, 98.0, 98.3], [0]),
        ([0.991, 0.990, 0.992, 0.991, 0.989], []),
        ([0.99, 0.99, 0.99, 0.99, 0.99], []),
        ([0.99, 0.99, 0.5, 0.99, 0.99], [2]),
        ([0.5, 0.9], []),  # of two, nobody knows which
        ([0.9, 0.9001, 0.5], [2]),
        ([0.9, 0.8, 0.7], []),
        ([0.990, 0.991, 0.51, 0.9905, 0.50, 0.9908, 0.9903], [2, 4]),  # which hide each other
    ],
)
def test_what_is_unlike_the_others_is_named(values: list[float], found: list[int]) -> None:
    assert outliers(values) == found
    assert outliers([-value for value in values]) == found


def test_what_chance_alone_can_do_is_no_outlier() -> None:
    values = [0.95, 0.95, 0.95, 0.95, 0.94]
    assert outliers(values) == [4]
    assert outliers(values, errors=[0.01] * 5) == []
    assert outliers(values, errors=[0.004] * 5) == [4]


@pytest.mark.parametrize("count", [3, 5, 10])
def test_next_to_none_is_named_where_there_is_none(count: int) -> None:
    rng = np.random.default_rng(5)
    named = sum(bool(outliers(rng.normal(size=count).tolist())) for _ in range(2000))
    assert 0.02 < named / 2000 < 2 * LEVEL
