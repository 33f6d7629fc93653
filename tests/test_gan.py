"""The GAN family: its steps, its average, its export, its figures."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from modules import families
from modules.contract.hyperparameters import defaults
from modules.metrics import judge, samples
from modules.networks import gan as gan_model
from modules.networks import randomness
from tests import blind, datasets, examples, models

gan: Any = families.load("gan")(datasets.MNIST)

TRAIN, TEST, STEPS = 1024, 150, 100
SIZES = ((8, 2), (9, 26), (13, 100), (30, 11), (31, 10))  # sides, and numbers of classes
Batch = tuple[np.ndarray, np.ndarray]  # images, uint8 (B, 28, 28), and labels, int64 (B,)


def small(**changes: Any) -> dict[str, Any]:
    return defaults(gan.hyperparameters) | {"units": 16, "channels": 4, "latent": 8, **changes}


def build(**changes: Any) -> gan_model.Gan:
    """A small GAN whose learning rates have risen; they start at 0."""
    model = gan.build(small(**changes), STEPS, seed=1)
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        optimizer.iterations.assign(STEPS // 2)
    return model


def values(variables: Any) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def step(model: gan_model.Gan, batch: Batch) -> dict[str, float]:
    """One step; a graph of it, as in `fit`, would take longer."""
    model.reset_metrics()
    logs = model.train_step(tuple(map(tf.constant, batch)))
    return {name: float(value) for name, value in logs.items()}


def tell(inputs: Any, labels: np.ndarray) -> np.ndarray:
    """Inputs (B, N) followed by a 1 in the place of the class."""
    return np.concatenate([inputs, np.eye(10)[labels]], axis=1).astype(np.float32)


def pixels_of(images: np.ndarray) -> np.ndarray:
    """As the networks see images, uint8 (B, 28, 28): float32 (B, 784) in [-1, 1]."""
    return images.reshape(len(images), 784) / np.float32(127.5) - 1.0


def candidates_of(model: gan_model.Gan, count: int) -> np.ndarray:
    """All tries of the first samples of a model that is not told the class."""
    seeds = randomness.seeds_of_numbers(tf.range(count, dtype=tf.int64))
    latents = tf.reshape(randomness.normal(seeds, model.tries, model.latent), (-1, model.latent))
    pixels = model.average(latents, training=False).numpy()
    return 0.5 * (pixels.reshape(count, model.tries, 28, 28) + 1.0)


@pytest.fixture(scope="module")
def train(mnist_dir: Path) -> Batch:
    return examples.cut(mnist_dir, 0, TRAIN)


@pytest.fixture(scope="module")
def batch(train: Batch) -> Batch:
    return train[0][:64], train[1][:64]


@pytest.fixture(scope="module")
def held_out(mnist_dir: Path) -> Batch:
    return examples.cut(mnist_dir, TRAIN, TRAIN + TEST)


@pytest.fixture(scope="module")
def model(train: Batch) -> gan_model.Gan:
    """A small GAN that has learnt for a few steps; far from making digits."""
    model = build(average=0.9)
    model.fit(gan.batches(train, small(), training=True, seed=1), epochs=3, verbose=0)
    return model


@pytest.fixture(scope="module")
def ask(model: gan_model.Gan, train: Batch, tmp_path_factory: pytest.TempPathFactory) -> models.Ask:
    """Asks a signature of the exported model, in a session."""
    signatures = gan.signatures(model, train[0][:600], seed=1)
    return models.asker(model, signatures, tmp_path_factory.mktemp("gan"))


@pytest.fixture(scope="module")
def records(held_out: Batch) -> np.ndarray:
    """The held-out images as serialized tf.Examples."""
    return examples.records(*held_out)


@pytest.fixture(scope="module")
def facts(ask: models.Ask, records: np.ndarray) -> dict[str, np.ndarray]:
    return ask("evaluation", examples=records)


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("generator", ["conv", "dense"])
def test_each_generator_learns_and_draws_whether_it_is_told_the_class_or_not(
    generator: str, conditional: bool, batch: Batch
) -> None:
    model = build(generator=generator, conditional=conditional)
    told = 10 if conditional else 0
    assert model.generator.input_shape == model.average.input_shape == (None, 8 + told)
    assert model.discriminator.input_shape == (None, 784 + told)
    kinds = {type(layer) for layer in model.generator.layers}
    assert (keras.layers.Conv2DTranspose in kinds) == (generator == "conv")
    before = model.sample(tf.range(5, dtype=tf.int64)).numpy()
    assert all(0.0 < loss < 10.0 for loss in step(model, batch).values())
    after = model.sample(tf.range(5, dtype=tf.int64)).numpy()
    assert after.shape == (5, 28, 28) and after.dtype == np.float32
    assert 0.0 <= after.min() < after.max() <= 1.0 and (before != after).any()
    real = model.realness(batch[0] / np.float32(255.0)).numpy()
    assert real.shape == (64,) and 0.0 < real.min() < real.max() < 1.0


@pytest.mark.parametrize(
    ("side", "classes", "generator"),
    [
        *((side, classes, "conv") for side, classes in SIZES),
        (13, 100, "dense"),
        *(
            pytest.param(side, classes, "dense", marks=pytest.mark.slow)
            for side, classes in SIZES
            if side != 13
        ),
    ],
)
def test_images_of_any_side_and_any_number_of_classes_are_learnt_and_drawn(
    side: int, classes: int, generator: str
) -> None:
    draw, eyes = np.random.default_rng(1), blind.judge(side, classes)
    model = gan_model.Gan(small(generator=generator), side, classes, eyes)
    adam = keras.optimizers.Adam
    model.compile(adam(), adam(), run_eagerly=True)  # tracing each size would take longer
    images = draw.integers(0, 256, (40, side, side), np.uint8)
    labels = np.arange(40) % classes
    assert all(0.0 < loss < 10.0 for loss in step(model, (images, labels)).values())
    drawn = model.sample(tf.range(5, dtype=tf.int64)).numpy()
    assert drawn.shape == (5, side, side) and 0.0 <= drawn.min() < drawn.max() <= 1.0
    assert model.realness(images / np.float32(255.0)).shape == (40,)
    figures = model.evaluate(images, labels, verbose=0, return_dict=True)
    assert 1 <= figures["classes"] <= classes and figures["frechet"] > 0.0


@pytest.mark.parametrize(
    ("changes", "parameters"),
    [({}, 1_669_163), ({"generator": "conv"}, 916_333), ({"conditional": False}, 1_658_923)],
)
def test_mnists_networks_are_those_that_the_profiles_were_tried_with(
    changes: dict[str, Any], parameters: int
) -> None:
    model = gan.build(defaults(gan.hyperparameters) | changes, STEPS, seed=1)
    assert model.count_params() == parameters


@pytest.mark.parametrize(("side", "edge"), [(28, 0), (30, 1), (29, 1), (31, 0)])
def test_what_a_conv_generator_makes_too_much_is_cut_off_all_around(side: int, edge: int) -> None:
    model = gan_model.Gan(small(generator="conv"), side, 10, blind.judge(side, 10))
    latents = np.random.default_rng(1).normal(size=(3, 18)).astype(np.float32)
    *_, last = (x for x in model.generator.layers if isinstance(x, keras.layers.Conv2DTranspose))
    whole = keras.Model(model.generator.inputs, last.output)(latents).numpy()[..., 0]
    found = np.arctanh(model.generator(latents).numpy()).reshape(3, side, side)
    ends = slice(edge, edge + side)
    np.testing.assert_allclose(found, whole[:, ends, ends], atol=1e-4)


@pytest.mark.parametrize("eyes", [blind.judge(28, 26), blind.judge(32, 10)])
def test_a_judge_of_other_images_is_not_asked(eyes: Any, batch: Batch) -> None:
    model = gan_model.Gan(small(), 28, 10, eyes)
    with pytest.raises(ValueError, match="the judge reads .* not 10 in images of 28"):
        model.test_step(batch)


def test_a_step_moves_discriminator_generator_and_average(batch: Batch) -> None:
    model = build(average=0.9)
    networks = (model.discriminator, model.generator, model.average)
    before = [values(network.weights) for network in networks]
    step(model, batch)
    after = [values(network.weights) for network in networks]
    for old, new in zip(before, after, strict=True):
        assert len(old) >= 6  # a kernel and a bias a layer
        assert all((a != b).any() for a, b in zip(old, new, strict=True))


@pytest.mark.parametrize(("done", "decay"), [(0, 2 / 11), (5000, 0.9)])
def test_the_average_is_exponential_and_forgets_its_start(
    done: int, decay: float, train: Batch
) -> None:
    model = build(average=0.9)
    model.generator_optimizer.iterations.assign(done)
    before = values(model.generator.variables)
    step(model, (train[0][:64], train[1][:64]))
    after = zip(before, values(model.generator.variables), strict=True)
    wanted = [decay * mean + (1.0 - decay) * weight for mean, weight in after]
    for mean, right in zip(values(model.average.variables), wanted, strict=True):
        np.testing.assert_allclose(mean, right, atol=1e-6)
    assert model.average.trainable_variables == []


@pytest.mark.parametrize("conditional", [True, False])
def test_the_losses_are_goodfellows(conditional: bool, batch: Batch) -> None:
    # Of the same noise: the discriminator's first, then the generator's, as the step draws them.
    model, twin = (build(dropout=0.0, conditional=conditional) for _ in range(2))
    logs = step(model, batch)

    def told(inputs: Any) -> np.ndarray:
        return tell(inputs, batch[1]) if conditional else np.array(inputs)

    chance = randomness.of_step(twin.noise, twin.generator_optimizer)
    first, second = chance.normal((64, 8)), chance.normal((64, 8))
    real = twin.discriminator(told(pixels_of(batch[0]))).numpy()
    made = twin.generator(told(first), training=True)
    generated = twin.discriminator(told(made)).numpy()
    said = special.log_expit
    wanted = -(0.9 * said(real) + 0.1 * said(-real)).mean() - said(-generated).mean()
    assert logs["discriminator_loss"] == pytest.approx(wanted, rel=1e-4)
    made = twin.generator(told(second), training=True)
    against = model.discriminator(told(made)).numpy()  # after its own step
    assert logs["generator_loss"] == pytest.approx(-said(against).mean(), rel=1e-4)


def test_r1_is_the_slope_of_a_linear_discriminator_along_the_pixels(batch: Batch) -> None:
    model = build()
    model.discriminator = keras.Sequential([keras.Input((794,)), keras.layers.Dense(1)])
    kernel = model.discriminator.weights[0].numpy()
    real = tf.constant(tell(pixels_of(batch[0]), batch[1]))
    along_pixels = np.square(kernel[:784]).sum()
    assert float(model._real_slope(real)) == pytest.approx(along_pixels, rel=1e-5)


def test_r1_is_the_slope_by_finite_differences(batch: Batch) -> None:
    model = build(dropout=0.0, conditional=False)
    pixels = pixels_of(batch[0][3:4])
    shift = 1e-2 * np.eye(784, dtype=np.float32)
    up, down = (model.discriminator(pixels + s).numpy()[:, 0] for s in (shift, -shift))
    slope = (up.astype(np.float64) - down) / 2e-2
    assert float(model._real_slope(tf.constant(pixels))) == pytest.approx(
        np.square(slope).sum(), rel=0.02
    )


@pytest.mark.parametrize(("every", "times"), [(1, 1), (STEPS // 2, STEPS // 2), (STEPS, 0)])
def test_r1_is_half_its_weight_in_the_discriminators_loss_on_average(
    every: int, times: int, batch: Batch
) -> None:
    plain, with_r1 = (
        build(dropout=0.0, conditional=False, r1=r1, r1_every=every) for r1 in (0.0, 10.0)
    )
    slope = float(with_r1._real_slope(tf.constant(pixels_of(batch[0]))))
    gap = step(with_r1, batch)["discriminator_loss"] - step(plain, batch)["discriminator_loss"]
    assert slope > 0.0 and gap == pytest.approx(times * 5.0 * slope, rel=1e-3)


def test_spectral_normalisation_keeps_layers_from_stretching(train: Batch) -> None:
    model = build(spectral_norm=True, dropout=0.0)
    model.fit(gan.batches(train, small(), training=True, seed=1), epochs=2, verbose=0)
    for layer in model.discriminator.layers:
        if isinstance(layer, keras.layers.SpectralNormalization):
            layer(np.zeros((1, layer.kernel.shape[0]), np.float32), training=True)
            longest = np.linalg.svd(layer.kernel.numpy(), compute_uv=False)[0]
            assert longest == pytest.approx(1.0, abs=0.1)
    assert "spectral_normalization" in [layer.name[:22] for layer in model.discriminator.layers]


@pytest.mark.parametrize("generator", ["conv", "dense"])
def test_bfloat16_trains(generator: str, batch: Batch) -> None:
    model = build(bfloat16=True, generator=generator)
    before = values(model.discriminator.variables)
    logs = step(model, batch)
    assert all(0.0 < loss < 10.0 for loss in logs.values())
    assert (before[0] != values(model.discriminator.variables)[0]).any()
    assert {weight.dtype for weight in model.trainable_variables} == {"float32"}


def test_weights_counts_and_both_optimizers_states_survive_their_file(
    train: Batch, tmp_path: Path
) -> None:
    first, second = build(), gan.build(small(), STEPS, seed=2)
    first.fit(gan.batches(train, small(), training=True, seed=1), epochs=1, verbose=0)
    first.save_weights(tmp_path / "kept.weights.h5")
    second.load_weights(tmp_path / "kept.weights.h5")
    np.testing.assert_array_equal(first.counts.numpy(), second.counts.numpy())
    assert first.counts.numpy().sum() == TRAIN + 10
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


def test_the_digits_of_training_are_counted(model: gan_model.Gan, train: Batch) -> None:
    once = np.bincount(train[1], minlength=10)
    np.testing.assert_array_equal(model.counts.numpy(), 1 + 3 * once)


def digits_told(model: gan_model.Gan, count: int, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """What the generator is told for each sample: (count, 10)."""

    def show(latents: Any) -> Any:
        """An image with the told class in its first row."""
        return tf.pad(latents[:, None, model.latent :], [[0, 0], [0, 27], [0, 18]])

    monkeypatch.setattr(model, "_images", show)
    return samples.in_batches(model.sample)(count)[:, 0, :10]


def test_where_all_of_training_was_threes_only_threes_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = build()
    model.counts.assign(17.0 * np.eye(10, dtype=np.float32)[3])
    told = digits_told(model, 300, monkeypatch)
    np.testing.assert_array_equal(told, np.broadcast_to(np.eye(10)[3], (300, 10)))


def test_digits_are_drawn_as_often_as_training_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build()
    counts = np.array([0, 50, 100, 0, 400, 250, 0, 100, 75, 25], np.float32)
    model.counts.assign(counts)
    told = digits_told(model, 3000, monkeypatch)
    np.testing.assert_array_equal(told.sum(axis=1), 1.0)
    drawn, wanted = told.sum(axis=0), 3000 * counts / counts.sum()
    assert drawn[wanted == 0].sum() == 0
    assert stats.chisquare(drawn[wanted > 0], wanted[wanted > 0]).pvalue > 0.01


def test_all_tries_of_a_sample_are_of_one_class_which_both_networks_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = 4
    model = build(tries=tries)
    images, heard = model._images, []

    def draw(latents: Any) -> Any:
        heard.append(latents.numpy()[:, 8:])
        return images(latents)

    def weigh(inputs: Any, training: bool) -> Any:
        assert inputs.shape == (20 * tries, 794)
        heard.append(inputs.numpy()[:, 784:])
        return tf.zeros((len(inputs), 1))

    monkeypatch.setattr(model, "_images", draw)
    model.discriminator = weigh
    model.sample(tf.range(20, dtype=tf.int64))
    by_generator, by_discriminator = (told.reshape(20, tries, 10) for told in heard)
    np.testing.assert_array_equal(by_generator, by_discriminator)
    one = np.broadcast_to(by_generator[:, :1], (20, tries, 10))
    np.testing.assert_array_equal(by_generator, one)
    assert len(np.unique(one[:, 0], axis=0)) > 3


def test_the_discriminator_is_asked_about_each_class_and_its_best_answer_counts() -> None:
    model = build()
    weights = np.random.default_rng(1).normal(size=(794, 1)).astype(np.float32) / 10
    model.discriminator = lambda inputs, training: inputs @ weights
    images = np.random.default_rng(2).uniform(size=(6, 28, 28)).astype(np.float32)
    logits = (2 * images.reshape(6, 784) - 1) @ weights[:784] + weights[784:].T  # (6, 10)
    wanted = special.expit(logits.max(axis=1))
    np.testing.assert_allclose(model.realness(images).numpy(), wanted, rtol=1e-4)


@pytest.mark.parametrize("classes", [9, 10, 11, 26, 100])
def test_each_of_many_classes_is_asked_about_and_few_at_once(classes: int) -> None:
    model = gan_model.Gan(small(), 8, classes, blind.judge(8, classes))
    weights = np.random.default_rng(1).normal(size=(64 + classes, 1)).astype(np.float32)
    images = np.random.default_rng(2).uniform(size=(6, 8, 8)).astype(np.float32)
    pixels = 2 * images.reshape(6, 64) - 1
    for best in range(0, classes, 3):
        weights[64 + best] = 9.0
        rows = []

        def weigh(inputs: Any, training: bool, rows: list[int] = rows) -> Any:
            rows.append(len(inputs))
            return inputs @ weights

        model.discriminator = weigh
        wanted = special.expit(pixels @ weights[:64, 0] + 9.0)
        np.testing.assert_allclose(model.realness(images).numpy(), wanted, rtol=1e-4)
        assert max(rows) <= 60 and sum(rows) >= 6 * classes
        weights[64 + best] = -9.0


@pytest.mark.parametrize("odds", [[1.0] * 8, [1, 2, 3, 4, 5, 6, 7, 8], [5.0, 0.0, 1.0]])
def test_a_try_is_kept_by_the_odds_that_it_is_real(
    odds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, count = len(odds), 4000
    model = build(tries=tries)
    with np.errstate(divide="ignore"):
        logits = np.maximum(np.log(np.array(odds, np.float32)), -100.0)

    def of_each(values: np.ndarray, inputs: Any) -> Any:
        return tf.tile(tf.cast(values, tf.float32), (tf.shape(inputs)[0] // tries,))

    def numbered(latents: Any) -> Any:
        """An image of each try that says which try it is."""
        return of_each(np.arange(tries), latents)[:, None, None] * tf.ones((1, 28, 28))

    monkeypatch.setattr(model, "_images", numbered)
    model.discriminator = lambda inputs, training: of_each(logits, inputs)[:, None]
    kept = samples.in_batches(model.sample)(count)[:, 14, 14].astype(int)
    found, wanted = np.bincount(kept, minlength=tries), count * np.array(odds) / np.sum(odds)
    assert found[wanted == 0].sum() == 0
    assert stats.chisquare(found[wanted > 0], wanted[wanted > 0]).pvalue > 0.01


def likes_ink(inputs: Any, training: bool) -> Any:
    """A discriminator that is all but sure of the image with the most ink."""
    return 1e6 * tf.reduce_mean(inputs[:, :784], axis=1, keepdims=True)


def test_of_its_tries_the_one_is_kept_that_the_discriminator_likes() -> None:
    model = build(conditional=False)
    model.discriminator = likes_ink
    ink = candidates_of(model, 50).mean(axis=(2, 3))  # (50, tries)
    drawn = model.sample(tf.range(50, dtype=tf.int64)).numpy()
    np.testing.assert_allclose(drawn.mean(axis=(1, 2)), ink.max(axis=1), atol=1e-4)
    model.tries = 1
    once = model.sample(tf.range(50, dtype=tf.int64)).numpy()
    assert drawn.mean() > once.mean() + ink.std()


def test_with_a_single_try_the_discriminator_has_no_say() -> None:
    model = build(conditional=False, tries=1)
    candidates = candidates_of(model, 20)
    for discriminator in (model.discriminator, likes_ink):
        model.discriminator = discriminator
        drawn = model.sample(tf.range(20, dtype=tf.int64)).numpy()
        np.testing.assert_allclose(drawn, candidates[:, 0], atol=1e-6)


@pytest.mark.parametrize(("digits", "bad"), [(1, True), (7, True), (8, False), (10, False)])
def test_a_collapsed_generator_is_named(digits: int, bad: bool) -> None:
    said = gan.collapsed({"val_classes": float(digits)})
    assert bool(said) == bad
    assert not bad or f"collapsed: only {digits} of 10 classes" in said
    assert gan.collapsed({"generator_loss": 1.0}) == ""


def test_validation_gives_the_objective_and_repeats_itself(
    model: gan_model.Gan, held_out: Batch
) -> None:
    stream = gan.batches(held_out, small(), training=False, seed=1)
    first, second = (model.evaluate(stream, verbose=0, return_dict=True) for _ in range(2))
    assert first == second
    assert first["frechet"] > 0.0 and 1 <= first["classes"] <= 10
    assert gan.objective == ("val_frechet", "min")


def test_what_is_served_has_the_shapes_and_ranges_of_images(
    ask: models.Ask, records: np.ndarray, held_out: Batch
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
    assert set(gan.served) == {"serving_default", "sample", "discriminate"}


def test_a_sample_is_its_seeds_whatever_it_is_asked_with(ask: models.Ask) -> None:
    several = ask("sample", seeds=np.array([2**40, 7, 0, 7]))["images"]
    alone = ask("sample", seeds=np.array([7]))["images"]
    np.testing.assert_allclose(several[1], alone[0], atol=1e-6)
    # A product of matrices rounds a row by where it stands, on some processors.
    np.testing.assert_allclose(several[1], several[3], atol=1e-6)
    again = ask("sample", seeds=np.array([2**40, 7, 0, 7]))["images"]
    np.testing.assert_allclose(several, again, atol=1e-6)
    assert min(np.abs(several[1] - several[place]).max() for place in (0, 2)) > 0.01


def test_a_walk_is_of_one_class_and_each_step_is_as_likely_as_a_draw(
    model: gan_model.Gan, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[np.ndarray] = []

    def draw(latents: Any) -> Any:
        heard.append(latents.numpy())
        return tf.zeros((len(heard[-1]), model.side, model.side))

    monkeypatch.setattr(model, "_images", draw)
    made = model.walk(tf.range(200, dtype=tf.int64), 7)
    assert made.shape == (200, 7, model.side, model.side)
    latents, told = np.split(heard[0].reshape(200, 7, -1), [model.latent], axis=2)
    np.testing.assert_array_equal(told.argmax(axis=2), np.arange(200)[:, None] % 10 + np.zeros(7))
    np.testing.assert_allclose(latents.var(axis=(0, 2)), 1.0, atol=0.1)
    np.testing.assert_allclose(
        latents[:, 3], (latents[:, 0] + latents[:, 6]) / np.sqrt(2.0), atol=1e-5
    )


def test_samples_are_of_the_average(model: gan_model.Gan) -> None:
    numbers, other = tf.range(5, dtype=tf.int64), build()
    other.set_weights(model.get_weights())
    before = other.sample(numbers).numpy()
    other.generator.set_weights([0 * weight for weight in other.generator.get_weights()])
    np.testing.assert_array_equal(other.sample(numbers).numpy(), before)
    other.average.set_weights([0 * weight for weight in other.average.get_weights()])
    np.testing.assert_allclose(other.sample(numbers).numpy(), 0.5)  # tanh 0, the middle grey


def test_the_discriminators_figures_are_those_of_its_answers(
    model: gan_model.Gan, ask: models.Ask, facts: dict[str, np.ndarray], held_out: Batch
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
    model: gan_model.Gan, facts: dict[str, np.ndarray], held_out: Batch
) -> None:
    figures = gan.figures(held_out[1], facts)
    drawn = model.sample(tf.range(TEST, dtype=tf.int64)).numpy()
    read = judge.shipped().read_all(drawn).logits.argmax(axis=1)
    shares = np.bincount(read, minlength=10) / TEST
    assert [figures[f"share_of_{digit}"] for digit in range(10)] == pytest.approx(shares, abs=0.01)
    assert figures["entropy"] == pytest.approx(stats.entropy(shares), abs=0.05)
    # What makes no digits yet is far behind real images.
    assert figures["frechet"] > 25 * figures["floor_frechet"]
    assert figures["coverage"] < 0.5 * figures["floor_coverage"]


def test_it_has_all_the_figures_that_it_names(
    facts: dict[str, np.ndarray], held_out: Batch
) -> None:
    figures = gan.figures(held_out[1], facts)
    wanted = gan.evaluation.for_classes(gan.dataset.names)
    assert set(figures) == set(wanted.figures)
    assert np.isfinite([figures[gate.figure] for gate in wanted.gates]).all()
    assert json.loads(json.dumps(gan.notes()))["judge"] == judge.shipped().fingerprint


def test_a_picture_is_a_page_of_ten_by_ten(model: gan_model.Gan, held_out: Batch) -> None:
    [(name, page)] = gan.pictures(model, held_out[0]).items()
    assert name == "samples" and page.shape == (302, 302) and page.dtype == np.uint8
    first = np.round(255.0 * model.sample(tf.range(1, dtype=tf.int64)).numpy()[0])
    assert np.abs(page[2:30, 2:30] - first).max() <= 1


@pytest.mark.slow
def test_a_small_gan_finds_all_ten_digits(mnist_dir: Path) -> None:
    train = examples.cut(mnist_dir, 0, 6000)
    # Faster than the defaults, which are for trainings of some hundred times as many steps.
    quick = {"learning_rate": 2e-3, "batch_size": 32, "average": 0.98, "dropout": 0.1}
    hp = small(generator="conv", channels=8, units=64, latent=20, **quick)
    stream, epochs = gan.batches(train, hp, training=True, seed=1), 10
    model = gan.build(hp, int(stream.cardinality()) * epochs, seed=1)

    def shares() -> np.ndarray:
        drawn = model.sample(tf.range(1000, dtype=tf.int64)).numpy()
        read = judge.shipped().read_all(drawn).logits.argmax(axis=1)
        return np.bincount(read, minlength=10) / 1000

    def collapsed() -> str:
        return gan.collapsed({"val_classes": np.count_nonzero(shares() >= 0.02)})

    assert collapsed()
    model.fit(stream, epochs=epochs, verbose=0)
    assert shares().min() >= 0.02 and not collapsed()
