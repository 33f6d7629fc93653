"""Numbers that a traced function reads anew."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from modules.networks.dropout import Dropout
from modules.networks.fused_adam import FusedAdam
from modules.networks.live import Number, following, plain, plain_values
from modules.networks.losses import SmoothedCrossEntropy
from modules.networks.schedules import RiseAndFall


def test_what_was_traced_sees_a_new_value() -> None:
    number = Number(2.0)
    half = following(lambda value: value / 2, number)
    both = following(lambda first, second: first + second, half, 1.0)
    function = tf.function(lambda x: x * number + tf.cast(both, tf.float32))
    assert float(function(tf.constant(10.0))) == 22.0
    number.set(4.0)
    assert float(function(tf.constant(10.0))) == 43.0
    assert function.experimental_get_tracing_count() == 1
    assert plain_values({"a": number, "b": half, "c": "x"}) == {"a": 4.0, "b": 2.0, "c": "x"}
    assert following(lambda value: value / 2, 3.0) == 1.5 and plain(1.5) == 1.5


def test_one_that_was_asked_whether_it_is_0_stays_what_it_was() -> None:
    number = Number(0.5)
    number.set(0.0)
    number.set(0.5)
    assert number and number.serves(0.1) and not number.serves(0.0)
    with pytest.raises(ValueError, match=r"traced for 0\.5 cannot do with 0"):
        number.set(0.0)
    assert not Number(0.0)


def test_python_does_not_calculate_with_it() -> None:
    number: Any = Number(0.5)
    with pytest.raises(TypeError):
        1.0 - number
    with pytest.raises(TypeError):
        float(number)


def test_a_schedule_follows_its_peak_and_its_end() -> None:
    peak, end = Number(0.1), Number(40)
    schedule = RiseAndFall(peak, end)
    rate = tf.function(schedule)
    for value, steps in ((0.1, 40), (0.3, 25)):
        peak.set(value)
        end.set(steps)
        for step in (tf.constant(2), tf.constant(20), tf.constant(41)):
            assert float(rate(step)) == pytest.approx(float(RiseAndFall(value, steps)(step)))
    told = {"peak": 0.3, "total_steps": 25, "rise": 0.1, "last": 0.0}
    assert schedule.get_config() == told


def test_a_loss_follows_its_smoothing() -> None:
    smoothing = Number(0.1)
    loss = SmoothedCrossEntropy(smoothing)
    labels, probabilities = tf.constant([1, 0]), tf.constant([[0.1, 0.7, 0.2], [0.5, 0.25, 0.25]])
    traced = tf.function(loss.call)
    for value in (0.1, 0.4):
        smoothing.set(value)
        expected = keras.losses.categorical_crossentropy(
            tf.one_hot(labels, 3), probabilities, label_smoothing=value
        )
        np.testing.assert_allclose(traced(labels, probabilities), expected, rtol=1e-6)
    assert loss.get_config()["smoothing"] == 0.4


def test_dropout_follows_its_rate() -> None:
    rate = Number(0.1)
    layer = Dropout(rate, seed=1)
    traced = tf.function(lambda x: layer(x, training=True))
    for value in (0.1, 0.6):
        rate.set(value)
        found = traced(tf.ones((100, 100))).numpy()
        assert (found == 0.0).mean() == pytest.approx(value, abs=0.03)
        np.testing.assert_allclose(found.max(), 1.0 / (1.0 - value), rtol=1e-5)
    assert layer.get_config()["rate"] == 0.6
    np.testing.assert_array_equal(layer(tf.ones((2, 2)), training=False), 1.0)


def test_an_optimizer_follows_its_decays() -> None:
    beta_1, decay = Number(0.9), Number(0.01)
    weight = keras.Variable([1.0, -2.0], dtype="float32")
    live = FusedAdam(0.1, beta_1=beta_1, weight_decay=decay)
    live.build([weight])
    gradient = tf.constant([0.5, -3.0])
    step = tf.function(lambda: live.apply_gradients([(gradient, weight)]))
    step()
    beta_1.set(0.5)
    decay.set(0.2)
    for variable, value in zip(live.variables, (0, 0.1), strict=False):
        variable.assign(value)
    for variable in live.variables[2:]:
        variable.assign(tf.zeros_like(variable))
    weight.assign([1.0, -2.0])
    step()
    plain_weight = keras.Variable([1.0, -2.0], dtype="float32")
    fixed = FusedAdam(0.1, beta_1=0.5, weight_decay=0.2)
    fixed.build([plain_weight])
    fixed.apply_gradients([(gradient, plain_weight)])
    np.testing.assert_allclose(weight.numpy(), plain_weight.numpy(), rtol=1e-6)
    assert live.get_config()["beta_1"] == 0.5 and live.get_config()["weight_decay"] == 0.2
