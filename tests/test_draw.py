"""Which images a run takes: a fixed draw in class proportion over the whole file."""

import hashlib

import numpy as np
import pytest

from modules.data.draw import draw, within

SORTED = np.repeat(np.arange(4), (1000, 500, 300, 200))
MIXED = SORTED[np.arange(2000) * 7919 % 2000]


def counts(labels: np.ndarray, places: np.ndarray) -> list[int]:
    return np.bincount(labels[places], minlength=4).tolist()


@pytest.mark.parametrize("labels", [SORTED, MIXED], ids=["sorted", "mixed"])
@pytest.mark.parametrize("wanted", [1, 7, 100, 1999])
def test_as_many_as_are_wanted_in_class_proportion(labels: np.ndarray, wanted: int) -> None:
    places = draw(labels, wanted)
    assert len(places) == wanted == len(set(places)) and (np.diff(places) > 0).all()
    exact = np.array([0.5, 0.25, 0.15, 0.1]) * wanted
    assert np.abs(counts(labels, places) - exact).max() < 1


@pytest.mark.parametrize("wanted", [None, 2000, 10_000])
def test_all_of_them(wanted: int | None) -> None:
    np.testing.assert_array_equal(draw(MIXED, wanted), np.arange(2000))


def test_the_draw_is_over_the_whole_of_each_class() -> None:
    places = draw(SORTED, 400)
    for start, stop in ((0, 1000), (1000, 1500), (1500, 1800), (1800, 2000)):
        of_class = places[(places >= start) & (places < stop)]
        quarter = (stop - start) // 4
        found = np.histogram(of_class, bins=4, range=(start, stop))[0]
        assert (found > 0.4 * 0.2 * quarter).all(), found


def test_the_draw_is_the_same_everywhere() -> None:
    assert draw(SORTED, 8).tolist() == [366, 410, 503, 821, 1264, 1352, 1720, 1870]
    digest = hashlib.sha256(draw(MIXED, 500).astype("<i8").tobytes()).hexdigest()
    assert digest[:16] == "550e1cbc19e4aacf"


def test_the_least_of_each_class_is_taken_where_it_is_there() -> None:
    assert counts(SORTED, draw(SORTED, 20, least=30)) == [30, 30, 30, 30]
    assert counts(SORTED, draw(SORTED, 200, least=30)) == [93, 47, 30, 30]
    assert counts(SORTED, draw(SORTED, 20, least=250)) == [250, 250, 250, 200]


@pytest.mark.parametrize("wanted", [3, 119, 120, 121, 150, 200, 299, 300, 301, 1500])
def test_whoever_wants_what_was_drawn_gets_it_again(wanted: int) -> None:
    places = draw(MIXED, wanted, least=30)
    assert len(places) == max(wanted, 120) and min(counts(MIXED, places)) >= 30
    np.testing.assert_array_equal(draw(MIXED, len(places), least=30), places)


def test_more_of_a_file_holds_what_less_of_it_held() -> None:
    assert set(draw(SORTED, 100)) <= set(draw(SORTED, 1000))


def test_places_within_a_stretch() -> None:
    places = np.array([0, 3, 4, 9])
    found = [within(places, start, 3).tolist() for start in (0, 3, 6, 9)]
    assert found == [[0], [0, 1], [], [0]]
