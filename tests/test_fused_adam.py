"""The fused optimizer beside Keras's own."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from modules.networks.fused_adam import FusedAdam
from modules.networks.schedules import RiseAndFall
from modules.networks.sparing import SparingAdamW

SHAPES = [(5, 3), (3,), (2, 3, 4), ()]
STEPS = 12


def gradients(step: int) -> list[tf.Tensor]:
    """Of very different sizes, some of them zero."""
    random = np.random.default_rng(step)
    return [
        tf.constant(random.normal(size=shape) * 10.0 ** random.integers(-6, 3), tf.float32)
        * float(random.uniform() < 0.8)
        for shape in SHAPES
    ]


def variables() -> list[keras.Variable]:
    random = np.random.default_rng(100)
    return [keras.Variable(random.normal(size=shape), dtype="float32") for shape in SHAPES]


def after_steps(optimizer: keras.optimizers.Optimizer, in_graph: bool) -> list[np.ndarray]:
    weights = variables()
    optimizer.build(weights)

    def apply(found: list[tf.Tensor]) -> None:
        optimizer.apply_gradients(zip(found, weights, strict=True))

    step = tf.function(apply) if in_graph else apply
    for number in range(STEPS):
        step(gradients(number))
    assert int(optimizer.iterations) == STEPS
    return [weight.numpy() for weight in weights]


@pytest.mark.parametrize("in_graph", [True, False])
@pytest.mark.parametrize("beta_1", [0.9, 0.5])
def test_steps_are_those_of_keras(in_graph: bool, beta_1: float) -> None:
    schedule = RiseAndFall(0.1, STEPS, rise=0.3)
    expected = after_steps(keras.optimizers.Adam(schedule, beta_1=beta_1), in_graph)
    found = after_steps(FusedAdam(schedule, beta_1=beta_1), in_graph)
    for ours, theirs, before in zip(found, expected, variables(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
        assert np.abs(ours - before.numpy()).max() > 0.01


def test_a_step_is_the_papers() -> None:
    weight = keras.Variable([1.0, -2.0], dtype="float32")
    optimizer = FusedAdam(0.1, beta_1=0.8, beta_2=0.9, epsilon=0.01)
    optimizer.build([weight])
    expected, mean, square = np.array([1.0, -2.0]), 0.0, 0.0
    for step, gradient in enumerate(np.array([[0.5, -3.0], [0.25, 1.0], [-4.0, 0.0]]), start=1):
        optimizer.apply_gradients([(tf.constant(gradient, tf.float32), weight)])
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.9 * square + 0.1 * gradient**2
        # Kingma and Ba's second form of the step, at the end of their section 2.
        rate = 0.1 * np.sqrt(1 - 0.9**step) / (1 - 0.8**step)
        expected = expected - rate * mean / (np.sqrt(square) + 0.01)
        np.testing.assert_allclose(weight.numpy(), expected, rtol=1e-5)


def small_model() -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    optimizer = FusedAdam(RiseAndFall(0.05, 40))
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, "mse", jit_compile=False)
    return model


def fit(model: keras.Model, epochs: range) -> None:
    random = np.random.default_rng(2)
    inputs, wanted = random.normal(size=(32, 4)), random.normal(size=(32, 1))
    model.fit(
        inputs,
        wanted,
        batch_size=8,
        shuffle=False,
        verbose=0,
        initial_epoch=epochs.start,
        epochs=epochs.stop,
    )


def test_a_training_goes_on_from_saved_state_as_if_nothing_had_been(tmp_path: Path) -> None:
    at_once = small_model()
    fit(at_once, range(0, 4))
    first = small_model()
    fit(first, range(0, 2))
    first.save_weights(tmp_path / "state.weights.h5")
    second = small_model()
    second.load_weights(tmp_path / "state.weights.h5")
    assert int(second.optimizer.iterations) == 8
    fit(second, range(2, 4))
    for resumed, whole in zip(second.get_weights(), at_once.get_weights(), strict=True):
        np.testing.assert_allclose(resumed, whole, rtol=1e-5, atol=1e-6)


def test_the_configuration_survives_a_saved_model() -> None:
    first = FusedAdam(0.3, beta_1=0.5, beta_2=0.98, weight_decay=0.1, spared=("bias",))
    again = keras.optimizers.deserialize(keras.optimizers.serialize(first))
    assert type(again) is FusedAdam
    assert (again.beta_1, again.beta_2) == (0.5, 0.98)
    assert float(again.learning_rate) == pytest.approx(0.3)


@pytest.mark.parametrize("kind", [FusedAdam, SparingAdamW])
def test_what_is_spared_has_no_weight_decay_and_is_spared_when_loaded(kind: Any) -> None:
    first = kind(0.5, weight_decay=0.1, spared=("bias", "gamma"))
    for optimizer in (first, keras.optimizers.deserialize(keras.optimizers.serialize(first))):
        named = [keras.Variable([1.0], name=name) for name in ("kernel", "bias", "gamma_1")]
        optimizer.build(named)
        optimizer.apply_gradients([(keras.ops.zeros((1,)), one) for one in named])
        found = [float(one.numpy()[0]) for one in named]
        assert found == pytest.approx([0.95, 1.0, 1.0])
