"""The GAN family: its steps, its average, its export, its figures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from components import ask_model
from modules import gan, hyperparameters, judge
from modules.export import export
from tests import examples

TRAIN, TEST, STEPS = 1024, 150, 100


def small(**changes: Any) -> keras_tuner.HyperParameters:
    hp = hyperparameters.defaults("gan")
    hp.values.update({"units": 16, "channels": 4, "latent": 8, **changes})
    return hp


def build(**changes: Any) -> gan.Gan:
    """A small GAN whose learning rates have risen; they start at 0."""
    model = gan.build(small(**changes), STEPS, seed=1)
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        optimizer.iterations.assign(STEPS // 2)
    return model


def values(variables: Any) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def step(model: gan.Gan, images: np.ndarray) -> dict[str, float]:
    """One step, in a graph as in training, always from the same noise."""
    tf.random.set_seed(5)
    model.reset_metrics()
    logs = tf.function(model.train_step)((tf.constant(images), None))
    return {name: float(value) for name, value in logs.items()}


@pytest.fixture(scope="module")
def train(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return examples.cut(mnist_dir, 0, TRAIN)


@pytest.fixture(scope="module")
def held_out(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return examples.cut(mnist_dir, TRAIN, TRAIN + TEST)


@pytest.fixture(scope="module")
def model(train: Any) -> gan.Gan:
    """A small GAN that has learnt for a few steps; far from making digits."""
    model = build(average=0.9)
    model.fit(gan.batches(*train, small(), training=True, seed=1), epochs=3, verbose=0)
    return model


@pytest.fixture(scope="module")
def ask(
    model: gan.Gan, train: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., dict[str, np.ndarray]]:
    """Asks a signature of the exported model, in a session."""
    directory = tmp_path_factory.mktemp("gan") / "model"
    export(model, directory, gan.signatures(model, train[0][:600], seed=1))

    def ask(name: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        return ask_model.ask(str(directory), {name: inputs})[name]

    return ask


@pytest.fixture(scope="module")
def records(held_out: Any, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The held-out images as serialized tf.Examples."""
    file = examples.write(tmp_path_factory.mktemp("records") / "e.gz", *held_out)
    found = tf.data.TFRecordDataset(file, compression_type="GZIP").as_numpy_iterator()
    return np.array(list(found), object)


@pytest.fixture(scope="module")
def facts(ask: Callable[..., Any], records: np.ndarray) -> dict[str, np.ndarray]:
    return ask("evaluation", examples=records)


def test_a_step_moves_discriminator_generator_and_average(train: Any) -> None:
    model = build(average=0.9)
    networks = (model.discriminator, model.generator, model.average)
    before = [values(network.weights) for network in networks]
    step(model, train[0][:64])
    after = [values(network.weights) for network in networks]
    for old, new in zip(before, after, strict=True):
        assert len(old) >= 6  # a kernel and a bias a layer
        assert all((a != b).any() for a, b in zip(old, new, strict=True))


def test_the_average_is_exponential(train: Any) -> None:
    model = build(average=0.9)
    wanted = values(model.generator.variables)
    for start in range(0, 192, 64):
        step(model, train[0][start : start + 64])
        steps = zip(wanted, values(model.generator.variables), strict=True)
        wanted = [0.9 * mean + 0.1 * weight for mean, weight in steps]
    for mean, right in zip(values(model.average.variables), wanted, strict=True):
        np.testing.assert_allclose(mean, right, atol=1e-6)
    assert model.average.trainable_variables == []


def test_the_losses_are_goodfellows(train: Any) -> None:
    # Of the same noise: the discriminator's first, then the generator's, as the step draws them.
    model, twin = build(dropout=0.0), build(dropout=0.0)
    images = train[0][:64]
    logs = step(model, images)

    @tf.function
    def draws() -> tuple[Any, Any]:
        return tf.random.normal((64, 8)), tf.random.normal((64, 8))

    tf.random.set_seed(5)
    first, second = draws()
    real = twin.discriminator(images.reshape(64, 784) / np.float32(127.5) - 1.0).numpy()
    generated = twin.discriminator(twin.generator(first)).numpy()
    said = special.log_expit
    wanted = -(0.9 * said(real) + 0.1 * said(-real)).mean() - said(-generated).mean()
    assert logs["discriminator_loss"] == pytest.approx(wanted, rel=1e-4)
    against = model.discriminator(twin.generator(second)).numpy()  # after its own step
    assert logs["generator_loss"] == pytest.approx(-said(against).mean(), rel=1e-4)


def test_r1_is_the_slope_of_a_linear_discriminator(train: Any) -> None:
    model = build()
    model.discriminator = keras.Sequential([keras.Input((784,)), keras.layers.Dense(1)])
    kernel = model.discriminator.weights[0].numpy()
    real = tf.constant(train[0][:8].reshape(8, 784) / np.float32(255.0))
    assert float(model._real_slope(real)) == pytest.approx(np.square(kernel).sum(), rel=1e-5)


def test_r1_is_the_slope_by_finite_differences(train: Any) -> None:
    model = build(dropout=0.0)
    pixels = train[0][3].reshape(1, 784) / np.float32(127.5) - 1.0
    shift = 1e-2 * np.eye(784, dtype=np.float32)
    up, down = (model.discriminator(pixels + s).numpy()[:, 0] for s in (shift, -shift))
    slope = (up.astype(np.float64) - down) / 2e-2
    assert float(model._real_slope(tf.constant(pixels))) == pytest.approx(
        np.square(slope).sum(), rel=0.02
    )


def test_r1_is_half_its_weight_in_the_discriminators_loss(train: Any) -> None:
    images = train[0][:64]
    plain, with_r1 = build(dropout=0.0), build(dropout=0.0, r1=10.0)
    real = tf.constant(images.reshape(64, 784) / np.float32(127.5) - 1.0)
    slope = float(with_r1._real_slope(real))
    gap = step(with_r1, images)["discriminator_loss"] - step(plain, images)["discriminator_loss"]
    assert slope > 0.0 and gap == pytest.approx(5.0 * slope, rel=1e-3)


def test_spectral_normalisation_keeps_layers_from_stretching(train: Any) -> None:
    model = build(spectral_norm=True, dropout=0.0)
    model.fit(gan.batches(*train, small(), training=True, seed=1), epochs=2, verbose=0)
    for layer in model.discriminator.layers:
        if isinstance(layer, keras.layers.SpectralNormalization):
            layer(np.zeros((1, layer.kernel.shape[0]), np.float32), training=True)
            longest = np.linalg.svd(layer.kernel.numpy(), compute_uv=False)[0]
            assert longest == pytest.approx(1.0, abs=0.1)
    assert "spectral_normalization" in [layer.name[:22] for layer in model.discriminator.layers]


def test_bfloat16_trains(train: Any) -> None:
    model = build(bfloat16=True)
    before = values(model.discriminator.variables)
    logs = step(model, train[0][:64])
    assert all(0.0 < loss < 10.0 for loss in logs.values())
    assert (before[0] != values(model.discriminator.variables)[0]).any()
    assert {weight.dtype for weight in model.trainable_variables} == {"float32"}


def test_weights_and_both_optimizers_states_survive_their_file(train: Any, tmp_path: Path) -> None:
    first, second = build(), gan.build(small(), STEPS, seed=2)
    first.fit(gan.batches(*train, small(), training=True, seed=1), epochs=1, verbose=0)
    first.save_weights(tmp_path / "kept.weights.h5")
    second.load_weights(tmp_path / "kept.weights.h5")
    for part in ("generator", "average", "discriminator"):
        kept, loaded = (getattr(m, part).get_weights() for m in (first, second))
        for a, b in zip(kept, loaded, strict=True):
            np.testing.assert_array_equal(a, b)
    for part in ("generator_optimizer", "discriminator_optimizer"):
        kept, loaded = (values(getattr(m, part).variables) for m in (first, second))
        assert int(getattr(second, part).iterations) == STEPS // 2 + TRAIN // 64
        assert sum(np.abs(a).max() > 0 for a in kept) > 12  # both moments of each weight
        for a, b in zip(kept, loaded, strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second, other = (gan.build(small(), STEPS, seed) for seed in (1, 1, 2))
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    gaps = zip(first.get_weights(), other.get_weights(), strict=True)
    assert any((a != b).any() for a, b in gaps)


def test_digits_are_counted_from_two_in_a_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    read = np.repeat(np.arange(10), [200, 200, 200, 200, 100, 50, 20, 19, 11, 0])
    assert len(read) == 1000
    logits = np.random.default_rng(1).permutation(np.eye(10, dtype=np.float32)[read])
    shares = gan.DigitShares("digits")
    for start in range(0, 1000, 300):
        shares.update_state(logits[start : start + 300])
    wanted = np.count_nonzero(np.bincount(read, minlength=10) / 1000 >= 0.02)
    assert float(shares.result()) == wanted == 7


@pytest.mark.parametrize(("digits", "bad"), [(1, True), (7, True), (8, False), (10, False)])
def test_a_collapsed_generator_is_named(digits: int, bad: bool) -> None:
    said = gan.collapsed({"val_digits": float(digits)})
    assert bool(said) == bad
    assert not bad or f"collapsed: only {digits} of 10 digits" in said
    assert gan.collapsed({"generator_loss": 1.0}) == ""


def test_validation_gives_the_objective_and_repeats_itself(model: gan.Gan, held_out: Any) -> None:
    stream = gan.batches(*held_out, small(), training=False, seed=1)
    first, second = (model.evaluate(stream, verbose=0, return_dict=True) for _ in range(2))
    assert first == second
    assert first["frechet"] > 0.0 and 1 <= first["digits"] <= 10
    assert gan.OBJECTIVE == ("val_frechet", "min")


def test_what_is_served_has_the_shapes_and_ranges_of_images(
    ask: Callable[..., Any], records: np.ndarray, held_out: Any
) -> None:
    raw = held_out[0][:7]
    images = ask("sample", seeds=np.arange(50))["images"]
    assert images.shape == (50, 28, 28) and images.dtype == np.float32
    assert 0.0 <= images.min() < 0.4 and 0.6 < images.max() <= 1.0
    real = ask("discriminate", images=raw)["real"]
    assert real.shape == (7,) and real.dtype == np.float32
    assert 0.0 < real.min() < real.max() < 1.0
    np.testing.assert_allclose(
        ask("serving_default", examples=records[:7])["real"], real, atol=1e-5
    )
    assert set(gan.SIGNATURES) == {"serving_default", "sample", "discriminate"}


def test_a_sample_is_its_seeds_whatever_it_is_asked_with(ask: Callable[..., Any]) -> None:
    several = ask("sample", seeds=np.array([2**40, 7, 0, 7]))["images"]
    alone = ask("sample", seeds=np.array([7]))["images"]
    np.testing.assert_allclose(several[1], alone[0], atol=1e-6)
    np.testing.assert_array_equal(several[1], several[3])
    assert min(np.abs(several[1] - several[place]).max() for place in (0, 2)) > 0.01


def test_samples_are_of_the_average(model: gan.Gan) -> None:
    numbers, other = tf.range(5, dtype=tf.int64), build()
    other.set_weights(model.get_weights())
    before = other.sample(numbers).numpy()
    other.generator.set_weights([0 * weight for weight in other.generator.get_weights()])
    np.testing.assert_array_equal(other.sample(numbers).numpy(), before)
    other.average.set_weights([0 * weight for weight in other.average.get_weights()])
    np.testing.assert_allclose(other.sample(numbers).numpy(), 0.5)  # tanh 0, the middle grey


def test_the_discriminators_figures_are_those_of_its_answers(
    model: gan.Gan, ask: Callable[..., Any], facts: dict[str, np.ndarray], held_out: Any
) -> None:
    images, labels = held_out
    real = ask("discriminate", images=images)["real"]
    generated = model.realness(model.sample(tf.range(TEST, dtype=tf.int64))).numpy()
    figures = gan.figures(labels, facts)
    hits, alarms = np.count_nonzero(real > 0.5), np.count_nonzero(generated > 0.5)
    pairs = stats.mannwhitneyu(real, generated).statistic / TEST**2
    assert figures["discriminator_recall"] == pytest.approx(hits / TEST)
    assert figures["discriminator_precision"] == pytest.approx(hits / (hits + alarms))
    assert figures["discriminator_auc"] == pytest.approx(pairs, abs=1e-3)


def test_shares_are_those_of_the_judges_reading(
    model: gan.Gan, facts: dict[str, np.ndarray], held_out: Any
) -> None:
    figures = gan.figures(held_out[1], facts)
    drawn = model.sample(tf.range(TEST, dtype=tf.int64)).numpy()
    read = judge.read_all(drawn).logits.argmax(axis=1)
    shares = np.bincount(read, minlength=10) / TEST
    assert [figures[f"share_of_{digit}"] for digit in range(10)] == pytest.approx(shares, abs=0.01)
    assert figures["entropy"] == pytest.approx(stats.entropy(shares), abs=0.05)
    # What makes no digits yet is far behind real images.
    assert figures["frechet"] > 5 * figures["floor_frechet"]
    assert figures["coverage"] < 0.5 * figures["floor_coverage"]


def test_it_has_all_the_figures_that_it_names(facts: dict[str, np.ndarray], held_out: Any) -> None:
    figures = gan.figures(held_out[1], facts)
    assert set(figures) == set(gan.EVALUATION.figures)
    assert np.isfinite([figures[gate.figure] for gate in gan.EVALUATION.gates]).all()
    assert json.loads(json.dumps(gan.notes()))["judge"] == judge.fingerprint()


def test_a_picture_is_a_page_of_ten_by_ten(model: gan.Gan, held_out: Any) -> None:
    [(name, page)] = gan.pictures(model, held_out[0]).items()
    assert name == "samples" and page.shape == (302, 302) and page.dtype == np.uint8
    first = np.round(255.0 * model.sample(tf.range(1, dtype=tf.int64)).numpy()[0])
    assert np.abs(page[2:30, 2:30] - first).max() <= 1


@pytest.mark.slow
def test_a_small_gan_finds_all_ten_digits(mnist_dir: Path) -> None:
    train, held = examples.cut(mnist_dir, 0, 12_000), examples.cut(mnist_dir, 12_000, 14_000)
    hp = hyperparameters.defaults("gan")
    # Faster than the defaults, which are for trainings of some ten times as many steps.
    hp.values.update(units=128, learning_rate=1e-3, average=0.99)
    stream = gan.batches(*train, hp, training=True, seed=1)
    judged_by = gan.batches(*held, hp, training=False, seed=1)
    epochs = 15
    model = gan.build(hp, int(stream.cardinality()) * epochs, seed=1)
    before = model.evaluate(judged_by, verbose=0, return_dict=True)
    model.fit(stream, epochs=epochs, verbose=0)
    after = model.evaluate(judged_by, verbose=0, return_dict=True)
    assert before["digits"] < 8 and gan.collapsed({"val_digits": before["digits"]})
    assert after["digits"] == 10 and not gan.collapsed({"val_digits": after["digits"]})
    assert after["frechet"] < 0.7 * before["frechet"]
