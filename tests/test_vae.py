"""The VAE family: its formulas, its training, its export, its figures."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, special, stats
from sklearn import metrics

from modules import families
from modules.contract.hyperparameters import defaults
from modules.networks import vae as vae_model
from modules.networks import vae_answers
from tests import blind, datasets, examples, models

vae: Any = families.load("vae")(datasets.MNIST)

TRAIN, TEST, EPOCHS = 3000, 200, 12


def small(**changes: Any) -> dict[str, Any]:
    return defaults(vae.hyperparameters) | {"units": 128, "latent": 10, **changes}


@pytest.fixture(scope="module")
def train(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return examples.cut(mnist_dir, 0, TRAIN)


@pytest.fixture(scope="module")
def held_out(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return examples.cut(mnist_dir, TRAIN, TRAIN + TEST)


@pytest.fixture(scope="module")
def trained(train: Any, held_out: Any) -> tuple[vae_model.Vae, dict[str, list[float]]]:
    """A small VAE after some 280 steps, and its history."""
    hp = small()
    stream = vae.batches(train, hp, training=True, seed=1)
    model = vae.build(hp, total_steps=int(stream.cardinality()) * EPOCHS, seed=1)
    held = vae.batches(held_out, hp, training=False, seed=1)
    return model, model.fit(stream, validation_data=held, epochs=EPOCHS, verbose=0).history


@pytest.fixture(scope="module")
def model(trained: tuple[vae_model.Vae, Any]) -> vae_model.Vae:
    return trained[0]


@pytest.fixture(scope="module")
def ask(model: vae_model.Vae, train: Any, tmp_path_factory: pytest.TempPathFactory) -> models.Ask:
    """Asks a signature of the exported model, in a session."""
    signatures = vae.signatures(model, train[0][:600], seed=1)
    return models.asker(model, signatures, tmp_path_factory.mktemp("vae"))


@pytest.fixture(scope="module")
def records(held_out: Any) -> np.ndarray:
    """The held-out images as serialized tf.Examples."""
    return examples.records(*held_out)


@pytest.fixture(scope="module")
def facts(ask: models.Ask, records: np.ndarray) -> dict[str, np.ndarray]:
    return ask("evaluation", examples=records)


def binarised(images: np.ndarray) -> np.ndarray:
    return (images.reshape(-1, 784) > 127).astype(np.float32)


@pytest.mark.parametrize(("mean", "variance"), [(0.0, 1.0), (1.5, 1.0), (-0.7, 0.04), (0.3, 5.0)])
def test_the_kl_divergence_is_the_integral(mean: float, variance: float) -> None:
    q, p = stats.norm(mean, math.sqrt(variance)), stats.norm()
    wanted, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), *q.interval(1 - 1e-13)
    )
    found = vae_model.gaussian_kl(np.float32([mean]), np.log(np.float32([variance]))).numpy()
    assert found == pytest.approx([wanted], abs=1e-5)


def test_the_bernoulli_loss_is_scikit_learns_summed_over_pixels() -> None:
    draw = np.random.default_rng(1)
    pixels = draw.integers(0, 2, (3, 784)).astype(np.float32)
    logits = draw.normal(scale=3.0, size=(3, 784)).astype(np.float32)
    wanted = [
        metrics.log_loss(row, special.expit(np.float64(said)), normalize=False)
        for row, said in zip(pixels, logits, strict=True)
    ]
    assert vae_model.bernoulli_loss(pixels, logits).numpy() == pytest.approx(wanted, rel=1e-5)


def test_the_bernoulli_losss_slope_is_that_of_its_formula() -> None:
    draw = np.random.default_rng(2)
    pixels = tf.constant(draw.integers(0, 2, (2, 3, 784)), tf.float32)
    logits = tf.constant(draw.normal(scale=3.0, size=(2, 3, 784)), tf.float32)
    weights = tf.constant(draw.random((2, 3)), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        ours = weights * vae_model.bernoulli_loss(pixels, logits)
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=pixels, logits=logits)
        wanted = weights * tf.reduce_sum(entropy, axis=-1)
    found = tape.gradient(ours, logits).numpy()
    assert found == pytest.approx(tape.gradient(wanted, logits).numpy(), rel=1e-4, abs=1e-7)


def operations_of(graph: tf.Graph) -> set[str]:
    return {operation.type for operation in graph.get_operations()}


def slopes_and_operations(layer: keras.layers.Dense, pixels: Any) -> tuple[list[Any], set[str]]:
    """A training layer's output, the slopes of its squared sum, and the graph's operations."""

    @tf.function
    def run() -> list[Any]:
        with tf.GradientTape() as tape:
            made = layer(pixels, training=True)
            loss = tf.reduce_sum(tf.square(tf.cast(made, tf.float32)))
        return [made, *tape.gradient(loss, layer.trainable_variables)]

    return [value.numpy() for value in run()], operations_of(run.get_concrete_function().graph)


def test_skipping_zeros_changes_nothing(train: Any) -> None:
    pixels = tf.constant(binarised(train[0][:128]))
    plain, skipping = (
        kind(64, activation="gelu") for kind in (keras.layers.Dense, vae_model.InkDense)
    )
    for layer in (plain, skipping):
        layer.build(pixels.shape)
    skipping.set_weights(plain.get_weights())
    wanted, in_plain = slopes_and_operations(plain, pixels)
    found, in_skipping = slopes_and_operations(skipping, pixels)
    assert "SparseMatMul" in in_skipping - in_plain
    for value, right in zip(found, wanted, strict=True):
        assert value == pytest.approx(right, rel=1e-4, abs=1e-4 * float(np.abs(right).max()))


@pytest.mark.parametrize("reason", ["bfloat16", "a GPU", "serving"])
def test_zeros_are_not_skipped_where_that_cannot_be(
    reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason == "a GPU":
        monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind])
    layer = vae_model.InkDense(8, dtype="mixed_bfloat16" if reason == "bfloat16" else "float32")
    layer.build((None, 784))
    asked = tf.function(lambda pixels: layer(pixels, training=reason != "serving"))
    operations = operations_of(asked.get_concrete_function(tf.TensorSpec((None, 784))).graph)
    assert "MatMul" in operations and "SparseMatMul" not in operations


@pytest.mark.parametrize("draws", [1, 40])
def test_the_importance_weighted_bound_is_that_of_the_densities(
    draws: int, model: vae_model.Vae, held_out: Any
) -> None:
    pixels, seed = binarised(held_out[0][:1]), np.array([[3, 4]], np.int64)
    mean, log_variance = (part.numpy()[0] for part in model.encode(pixels))
    noise = tf.random.stateless_normal((draws, model.latent), seed[0]).numpy()
    deviation = np.exp(0.5 * log_variance)
    latents = mean + deviation * noise
    logits = model.decoder(latents).numpy().astype(np.float64)
    log_weights = (
        stats.bernoulli.logpmf(pixels, special.expit(logits)).sum(axis=1)
        + stats.norm.logpdf(latents).sum(axis=1)
        - stats.norm.logpdf(latents, mean, deviation).sum(axis=1)
    )
    wanted = -(special.logsumexp(log_weights) - math.log(draws))
    found = model.importance_weighted(pixels, seed, draws).numpy()
    assert found == pytest.approx([wanted], rel=1e-4)


def test_one_draw_gives_the_elbo_and_more_draws_a_tighter_bound(
    model: vae_model.Vae, held_out: Any
) -> None:
    pixels = tf.constant(np.repeat(binarised(held_out[0][:20]), 20, axis=0))
    seeds = tf.constant(np.arange(2 * len(pixels)).reshape(-1, 2), tf.int64)
    noise = tf.random.stateless_normal((len(pixels), model.latent), (5, 6))
    bound = tf.function(model.importance_weighted)
    one, some, many = (float(tf.reduce_mean(bound(pixels, seeds, k))) for k in (1, 8, 64))
    reconstruction, kl = model.terms(pixels, noise)
    nelbo = float(tf.reduce_mean(reconstruction + tf.reduce_sum(kl, axis=1)))
    assert one == pytest.approx(nelbo, rel=0.01)
    assert one > some + 1.0 and some > many + 0.5


def test_what_is_drawn_belongs_to_the_image_and_not_to_its_batch(
    model: vae_model.Vae, held_out: Any
) -> None:
    images = held_out[0][:20]
    together = [part.numpy() for part in model.drawn(images)]
    backwards = [part.numpy()[::-1] for part in model.drawn(images[::-1])]
    alone = [
        np.concatenate([model.drawn(image[None])[place].numpy() for image in images])
        for place in range(3)
    ]
    for first, second, third in zip(together, backwards, alone, strict=True):
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(first, third)
    assert len({row.tobytes() for row in together[1]}) == len(images)


def test_a_pixel_is_ink_as_often_as_its_grey_says(model: vae_model.Vae) -> None:
    # Images that differ in one corner pixel each, so that each has its own draw.
    images = np.full((400, 28, 28), 64, np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(400) % 200, np.arange(400) // 200
    pixels = model.drawn(images)[0].numpy()[:, 2:]
    assert set(np.unique(pixels)) == {0.0, 1.0}
    assert pixels.mean() == pytest.approx(64 / 255, abs=0.005)
    assert len({row.tobytes() for row in pixels}) == 400


def test_it_learns_and_its_posterior_does_not_collapse(trained: Any, train: Any) -> None:
    _, history = trained
    ink = train[0].reshape(-1, 784).mean(axis=0) / 255.0
    without_latents = float(stats.bernoulli(ink).entropy().sum())  # 200 nats
    assert history["val_nelbo"][-1] < history["val_nelbo"][0]
    assert history["val_nelbo"][-1] < without_latents - 20.0
    assert history["val_kl"][-1] > 1.0
    assert vae.collapsed({name: values[-1] for name, values in history.items()}) == ""


def test_a_collapsed_posterior_is_named() -> None:
    assert "posterior has collapsed onto the prior (KL 0.03 nats)" in vae.collapsed(
        {"val_kl": 0.03}
    )
    assert vae.collapsed({"val_kl": 1.0}) == ""
    assert vae.collapsed({"loss": 0.1}) == ""


def test_validation_adds_up_and_repeats_itself(model: vae_model.Vae, held_out: Any) -> None:
    stream = vae.batches(held_out, small(), training=False, seed=1)
    first, second = (model.evaluate(stream, verbose=0, return_dict=True) for _ in range(2))
    assert first == second
    assert first["nelbo"] == pytest.approx(first["reconstruction"] + first["kl"], rel=1e-6)
    assert first["loss"] == pytest.approx(first["nelbo"])


@pytest.mark.parametrize(("step", "part"), [(0, 0.0), (3, 0.3), (10, 1.0), (25, 1.0)])
def test_the_warm_up_scales_the_kl_in_the_loss(step: int, part: float, train: Any) -> None:
    fresh = vae.build(small(beta=0.5, warm_up=0.1, activation="relu"), total_steps=100, seed=1)
    fresh.optimizer.iterations.assign(step)
    logs = {name: float(value) for name, value in fresh.train_step((train[0][:64], None)).items()}
    wanted = logs["reconstruction"] + 0.5 * part * logs["kl"]
    assert logs["kl"] > 1.0
    assert logs["loss"] == pytest.approx(wanted, rel=1e-5)
    assert logs["nelbo"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-5)


def test_weights_and_the_optimizers_state_survive_their_file(train: Any, tmp_path: Path) -> None:
    first, second = (vae.build(small(), total_steps=100, seed=seed) for seed in (1, 2))
    first.fit(train[0][:512], train[1][:512], batch_size=64, verbose=0)
    first.save_weights(tmp_path / "kept.weights.h5")
    second.load_weights(tmp_path / "kept.weights.h5")
    assert int(second.optimizer.iterations) == 8
    kept = [*first.weights, *first.optimizer.variables]
    loaded = [*second.weights, *second.optimizer.variables]
    for a, b in zip(kept, loaded, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), b)
    assert np.abs(keras.ops.convert_to_numpy(second.optimizer._momentums[0])).max() > 0


def test_the_network_of_the_tutorials_is_in_the_space() -> None:
    parameters = {parameter.name: parameter for parameter in vae.hyperparameters}
    assert 1 in parameters["layers"].choices and 2 in parameters["latent"].choices
    tutorial = vae_model.Vae(small(layers=1, latent=2, units=512), 10, side=28)
    # 784 -> 512 -> 2 and 2, 2 -> 512 -> 784, with biases
    assert tutorial.count_params() == 785 * 512 + 513 * 4 + 3 * 512 + 513 * 784


@pytest.mark.parametrize("side", [8, 13, 32])
def test_images_of_any_side_are_learnt_drawn_and_given_back(side: int) -> None:
    model = vae_model.Vae(small(units=16, latent=3), 10, side)
    model.compile("adam", run_eagerly=True)  # tracing each side would take longer
    images = np.random.default_rng(1).integers(0, 256, (20, side, side), np.uint8)
    logs = model.fit(images, np.zeros(20), batch_size=10, verbose=0).history
    # About a bit a pixel: nothing is known of noise.
    assert logs["reconstruction"][0] == pytest.approx(side * side * math.log(2.0), rel=0.25)
    again = [model.evaluate(images, np.zeros(20), verbose=0, return_dict=True) for _ in range(2)]
    assert again[0] == again[1]
    made, mean = model.reconstruct(images)
    assert made.shape == images.shape and mean.shape == (20, 3)
    assert model.sample(tf.range(4, dtype=tf.int64)).shape == (4, side, side)
    pixels, _, seeds = model.drawn(images)
    assert pixels.shape == (20, side * side)
    assert model.importance_weighted(pixels, seeds, 5).shape == (20,)


def test_what_is_asked_of_a_vae_has_its_images_side() -> None:
    model = vae_model.Vae(small(units=16, latent=3), 10, 13)
    images = np.random.default_rng(1).integers(0, 256, (60, 13, 13), np.uint8)
    eyes = blind.judge(13, 3)
    signatures = vae_answers.signatures(model, images, 1, eyes, draws=2, every=4)
    asked = {name: tf.function(one.function) for name, one in signatures.items()}
    for name in ("encode", "reconstruct"):
        assert signatures[name].inputs[0].shape.as_list() == [None, 13, 13]
    records = examples.records(images[:8], np.zeros(8, np.int64))
    assert asked["serving_default"](records)["images"].shape == (8, 13, 13)
    assert asked["evaluation"](records)["mse"].shape == (8,)
    # Ten images a row, each with a gap of 2 pixels.
    pages = vae_answers.pictures(model, images)
    assert {page.shape for page in pages.values()} == {(152, 152)}


def test_bfloat16_trains(train: Any) -> None:
    model = vae.build(small(bfloat16=True), total_steps=8, seed=1)
    logs = model.fit(train[0][:512], train[1][:512], batch_size=64, verbose=0).history
    assert 0.0 < logs["loss"][0] < 1000.0
    assert {weight.dtype for weight in model.trainable_variables} == {"float32"}


def test_what_is_served_has_the_shapes_and_ranges_of_images(
    ask: models.Ask, records: np.ndarray, held_out: Any
) -> None:
    raw = held_out[0][:7]
    encoded = ask("encode", images=raw)
    assert {name: part.shape for name, part in encoded.items()} == {
        "mean": (7, 10),
        "log_variance": (7, 10),
    }
    by_record = ask("serving_default", examples=records[:7])
    made = {
        "decode": ask("decode", latents=encoded["mean"])["images"],
        "sample": ask("sample", seeds=np.arange(7))["images"],
        "reconstruct": ask("reconstruct", images=raw)["images"],
        "serving_default": by_record["images"],
    }
    assert {*made, "encode"} == set(vae.served)
    for images in made.values():
        assert images.shape == (7, 28, 28) and images.dtype == np.float32
        assert 0.0 <= images.min() < 0.1 < 0.5 < images.max() <= 1.0
    for name in ("reconstruct", "serving_default"):
        np.testing.assert_allclose(made[name], made["decode"], atol=1e-5)
    np.testing.assert_allclose(by_record["latents"], encoded["mean"], atol=1e-4)


def test_a_sample_is_its_seeds_whatever_it_is_asked_with(ask: models.Ask) -> None:
    several = ask("sample", seeds=np.array([2**40, 7, 0, 7]))["images"]
    alone = ask("sample", seeds=np.array([7]))["images"]
    np.testing.assert_allclose(several[1], alone[0], atol=1e-6)
    np.testing.assert_array_equal(several[1], several[3])
    assert min(np.abs(several[1] - several[place]).max() for place in (0, 2)) > 0.1


def test_figures_are_scikit_learns_on_the_same_reconstructions(
    ask: models.Ask, facts: dict[str, np.ndarray], held_out: Any
) -> None:
    images, labels = held_out
    made = ask("reconstruct", images=images)["images"].astype(np.float64)
    for rows in (labels >= 0, labels == labels[0]):  # the whole, and the slice of a class
        grey, given_back = images[rows].reshape(-1) / 255.0, made[rows].reshape(-1)
        ink, rounded = images[rows].reshape(-1) >= 128, np.round(255.0 * given_back)
        sure = np.clip(given_back, 1e-7, 1.0 - 1e-7)
        figures = vae.figures(labels[rows], {name: fact[rows] for name, fact in facts.items()})
        wanted = {
            "mse": metrics.mean_squared_error(grey, given_back),
            "mae": metrics.mean_absolute_error(grey, given_back),
            "bce": (special.xlogy(-grey, sure) + special.xlog1py(grey - 1.0, -sure)).mean(),
            "ink_precision": metrics.precision_score(ink, rounded >= 128),
            "ink_recall": metrics.recall_score(ink, rounded >= 128),
            "ink_auc": metrics.roc_auc_score(ink, rounded),
        }
        assert {name: figures[name] for name in wanted} == pytest.approx(wanted, rel=1e-4)


def test_nats_of_an_evaluation_are_those_of_validation(
    model: vae_model.Vae, facts: dict[str, np.ndarray], held_out: Any
) -> None:
    figures = vae.figures(held_out[1], facts)
    stream = vae.batches(held_out, small(), training=False, seed=1)
    logs = model.evaluate(stream, verbose=0, return_dict=True)
    for name in ("nelbo", "reconstruction", "kl"):
        assert figures[name] == pytest.approx(logs[name], rel=1e-4)
    latent_kl = facts["latent_kl"].mean(axis=0)
    assert figures["latent_kl"].ravel() == pytest.approx(latent_kl)
    assert figures["active_latents"] == np.count_nonzero(latent_kl > 0.01) > 0


def test_every_tenth_image_has_its_importance_weighted_bound(
    facts: dict[str, np.ndarray], held_out: Any
) -> None:
    bounds = facts["importance_weighted"]
    assert np.flatnonzero(~np.isnan(bounds)).tolist() == list(range(0, TEST, 10))
    nelbo = facts["reconstruction"] + facts["latent_kl"].sum(axis=1)
    found = vae.figures(held_out[1], facts)["importance_weighted"]
    assert found == pytest.approx(np.nanmean(bounds)) and found < nelbo[::10].mean()


def test_facts_do_not_depend_on_the_batch(
    ask: models.Ask, facts: dict[str, np.ndarray], records: np.ndarray
) -> None:
    again = ask("evaluation", examples=records[60:90])
    assert again.keys() == facts.keys()
    for name in ("reconstruction", "latent_kl", "importance_weighted", "mse", "generated_class"):
        np.testing.assert_allclose(again[name], facts[name][60:90], rtol=1e-3, atol=1e-4)


def test_it_has_all_the_figures_that_it_names(facts: dict[str, np.ndarray], held_out: Any) -> None:
    figures = vae.figures(held_out[1], facts)
    wanted = vae.evaluation.for_classes(vae.dataset.names)
    assert set(figures) == set(wanted.figures)
    arrays = {name for name, value in figures.items() if np.ndim(value)}
    assert arrays == {"latent_kl"}
    assert np.isfinite([figures[gate.figure] for gate in wanted.gates]).all()


def test_pictures_are_pages_of_ten_by_ten(model: vae_model.Vae, held_out: Any) -> None:
    pages = vae.pictures(model, held_out[0])
    assert set(pages) == {"reconstructions", "samples"}
    for page in pages.values():
        assert page.shape == (302, 302) and page.dtype == np.uint8
    np.testing.assert_array_equal(pages["reconstructions"][2:30, 32:60], held_out[0][1])
