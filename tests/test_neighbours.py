"""How near generated images are to training images."""

from collections.abc import Mapping

import numpy as np
import pytest

from components.inspection import neighbours
from components.inspection.neighbours import look, nearest
from components.results.inspection import Neighbours
from modules.contract.view import Ask, View
from modules.data.splits import Split, Splits


def images(count: int, seed: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side), dtype=np.uint8)


def drawn(known: np.ndarray) -> Ask:
    """A generator that knows these images by heart, uint8 (N, S, S)."""

    def ask(signature: str, **inputs: np.ndarray) -> Mapping[str, np.ndarray]:
        assert signature == "sample"
        return {"images": known[inputs["seeds"] % len(known)].astype(np.float32) / 255.0}

    return ask


def splits(train: np.ndarray, test: np.ndarray) -> Splits:
    return Splits(Split(train, np.zeros(len(train), int)), Split(test, np.zeros(len(test), int)))


def compared(ask: Ask, given: Splits) -> tuple[Neighbours, View]:
    found = look(ask, given)
    assert found
    return found


@pytest.mark.parametrize("at_once", [1, 8 * 8 * 7, 1 << 20])
def test_the_nearest_is_that_of_all_differences(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "_AT_ONCE", at_once)
    train, asked = images(50, 1), images(9, 2).astype(np.float32) / 255.0
    found = nearest(asked, train)
    apart = asked[:, None].astype(np.float64) - train[None] / 255.0
    distances = np.sqrt((apart**2).mean(axis=(2, 3)))
    np.testing.assert_array_equal(found.place, distances.argmin(axis=1))
    np.testing.assert_allclose(found.distance, distances.min(axis=1), atol=1e-6)


def test_a_copy_has_no_distance() -> None:
    train = images(50, 1, side=28)
    found = nearest(train[[7, 49]].astype(np.float32) / 255.0, train)
    assert found.place.tolist() == [7, 49] and (found.distance < 1e-7).all()


def test_a_generator_that_copies_is_found_out() -> None:
    train, test = images(300, 1), images(200, 2)
    facts, picture = compared(drawn(train), splits(train, test))
    assert (facts.count, facts.copied, facts.generated) == (200, 1.0, 0.0)
    assert facts.real > 0.2
    assert (picture.name, picture.group) == ("neighbours", "neighbours")
    assert picture.pixels.dtype == np.uint8 and picture.pixels.ndim == 2


def test_new_images_are_as_far_away_as_real_ones() -> None:
    train, test = images(300, 1), images(200, 2)
    facts, _ = compared(drawn(images(200, 3)), splits(train, test))
    assert facts.copied < 0.05
    assert facts.generated == pytest.approx(facts.real, rel=0.02)


def test_of_many_large_images_fewer_are_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = images(300, 1), images(200, 2)
    monkeypatch.setattr(neighbours, "_PRODUCTS", 2 * train.size * 150)
    assert compared(drawn(train), splits(train, test))[0].count == 150
    monkeypatch.setattr(neighbours, "_PRODUCTS", 1)
    assert compared(drawn(train), splits(train, test))[0].count == neighbours.LEAST
    assert compared(drawn(train), splits(train, test[:30]))[0].count == 30


@pytest.mark.parametrize("side", [8, 28, 64])
def test_the_picture_pairs_samples_with_what_is_nearest(side: int) -> None:
    train = images(40, 1, side)
    _, picture = compared(drawn(train[::-1]), splits(train, images(30, 2, side)))
    step = side + 2
    rows = [picture.pixels[2 + row * step : 2 + row * step + side] for row in range(4)]
    np.testing.assert_array_equal(rows[0], rows[1])  # copies stand above what they are copies of
    np.testing.assert_array_equal(rows[2], rows[3])
    np.testing.assert_array_equal(rows[0][:, 2 : 2 + side], train[-1])
    assert picture.pixels.size < 100_000


def test_samples_that_are_no_numbers_are_not_compared() -> None:
    train, test = images(50, 1), images(40, 2)

    def ask(signature: str, **inputs: np.ndarray) -> Mapping[str, np.ndarray]:
        found = dict(drawn(train)(signature, **inputs))
        found["images"][3:] = np.nan
        return found

    facts, picture = compared(ask, splits(train, test))
    assert facts.copied == 1.0 and picture.pixels.shape[1] == 3 * 10 + 2
    endless = {"images": np.full((40, 8, 8), np.inf)}
    assert look(lambda *_, **__: endless, splits(train, test)) is None
