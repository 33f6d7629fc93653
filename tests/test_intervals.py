"""How sure a figure is: the ends of its interval, also where the figure is 0 or 1."""

import numpy as np
import pytest

from components.intervals import interval, wilson
from modules.contract.evaluation import Scale


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", Table I.
    for hits, count, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        assert wilson(hits / count, count) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1.0, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)
    assert wilson(0.5, 0) == (0.0, 1.0)


@pytest.mark.parametrize("scale", Scale)
@pytest.mark.parametrize("value", [0.0, 1e-6, 0.03, 0.5, 0.999, 0.999999, 1.0])
@pytest.mark.parametrize("error", [None, 0.0, 1e-7, 0.01, 0.4])
def test_a_figure_is_within_its_interval_which_is_never_a_point(
    scale: Scale, value: float, error: float | None
) -> None:
    low, high = interval(value, scale, 50, error)
    assert 0.0 <= low <= value <= high and low < high
    if scale is not Scale.AMOUNT:
        assert high <= 1.0
    if value:
        assert low < value
    if value < 1.0 or scale is Scale.AMOUNT:
        assert value < high


def test_an_amounts_interval_is_two_standard_errors_wide_on_either_side() -> None:
    assert interval(90.0, Scale.AMOUNT, 1000, 0.5) == pytest.approx((89.02, 90.98), abs=1e-3)
    assert interval(0.1, Scale.AMOUNT, 1000, 0.5)[0] == 0.0


def test_an_area_near_one_has_the_shorter_side_towards_one() -> None:
    low, high = interval(0.999, Scale.PART, 1000, 0.0005)
    assert 0.996 < low < 0.999 < high < 1.0 and high - 0.999 < 0.999 - low


def test_of_many_samples_most_intervals_hold_the_truth() -> None:
    hits = np.random.default_rng(1).binomial(60, 0.95, 1000) / 60
    held = [low <= 0.95 <= high for low, high in (wilson(part, 60) for part in hits)]
    assert np.mean(held) > 0.92
