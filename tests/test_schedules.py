"""The learning rates of a training, and of whoever goes on with its model."""

import keras
import numpy as np
import pytest

from modules.networks.schedules import RiseAndFall


def test_it_rises_falls_as_a_cosine_and_ends_where_it_is_told() -> None:
    schedule = RiseAndFall(0.2, 40, rise=0.25, last=0.1)
    rates = [float(schedule(step)) for step in range(41)]
    np.testing.assert_allclose(rates[:11], np.linspace(0.0, 0.2, 11), rtol=1e-6)
    part = np.arange(31) / 30
    np.testing.assert_allclose(
        rates[10:], 0.02 + 0.18 * 0.5 * (1 + np.cos(np.pi * part)), rtol=1e-5
    )


@pytest.mark.parametrize("last", [0.0, 0.1])
def test_whoever_trains_a_finished_model_further_does_so_at_a_tenth_of_the_peak(
    last: float,
) -> None:
    schedule = RiseAndFall(0.2, 40, last=last)
    assert float(schedule(40)) == pytest.approx(0.2 * last, abs=1e-8)
    for step in (41, 50, 10_000):
        assert float(schedule(keras.ops.convert_to_tensor(step))) == pytest.approx(0.02)


@pytest.mark.parametrize("steps", [1, 2])
def test_the_shortest_training_has_rates(steps: int) -> None:
    assert float(RiseAndFall(0.2, steps)(1)) > 0.0


def test_it_survives_its_file() -> None:
    schedule = RiseAndFall(0.2, 40, rise=0.25, last=0.1)
    kept = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(kept)
    assert type(again) is RiseAndFall and again.get_config() == schedule.get_config()
