"""The VAE family: a variational autoencoder (Kingma and Welling 2014) of binarised digits.

Binarisation is stochastic: each pixel is ink with the probability that its grey value says, drawn
anew for every batch of training, and once for each image of an evaluation. All figures in nats are
of a whole image: the Bernoulli reconstruction is summed over 784 pixels, the KL divergence over the
latents. What is served reads and gives grey images.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from keras import layers

from modules import judge, randomness, samples
from modules.families import Evaluation, Gate, Objective, Signature
from modules.features import IMAGE_SIDE, LABEL
from modules.fused_adam import FusedAdam
from modules.images import batch_stream, parse_images, parse_placed_images
from modules.ink import ink_figures, ink_histogram
from modules.pictures import grid
from modules.schedules import rise_and_fall

OBJECTIVE = Objective("val_nelbo", "min")
SIGNATURES = ("serving_default", "encode", "decode", "sample", "reconstruct")
EVALUATION = Evaluation(
    signature="evaluation",
    figures=(
        "nelbo",
        "importance_weighted",
        "reconstruction",
        "kl",
        "mse",
        "mae",
        "bce",
        "ink_precision",
        "ink_recall",
        "ink_auc",
        "latent_kl",
        "active_latents",
        *samples.FIGURES,
    ),
    overall=samples.OVERALL,
    gates=(
        Gate("nelbo", "nelbo", at_least=False, change="nelbo_rise"),
        Gate("nelbo", "digit_nelbo", at_least=False, by=LABEL),
        Gate("kl", "kl"),
        Gate("mse", "mse", at_least=False),
        Gate("ink_auc", "ink_auc"),
        Gate("coverage", "coverage"),
        Gate("coverage", "digit_coverage", by=LABEL),
    ),
    headline=("nelbo", "coverage"),
)

IMPORTANCE_SAMPLES = 500
IMPORTANCE_EVERY = 10  # one image in so many has the importance-weighted bound measured
ACTIVE = 0.01  # nats; a latent whose mean KL is above it is in use

_PIXELS = IMAGE_SIDE * IMAGE_SIDE
_EVAL_BATCH = 500
_STEPS_PER_CALL = 32
_PICTURES = 10  # images a row


def search_space(hp: keras_tuner.HyperParameters) -> None:
    """Declares every hyperparameter, with its default.

    layers=1 and latent=2, with its 512 units, is the network of many a tutorial.
    """
    hp.Choice("learning_rate", [1e-3, 2e-3], default=2e-3)
    hp.Choice("latent", [2, 20, 32], default=20)
    hp.Choice("layers", [1, 2], default=2)
    hp.Fixed("units", 512)
    hp.Fixed("batch_size", 128)
    hp.Fixed("beta", 1.0)
    hp.Fixed("warm_up", 0.05)
    hp.Fixed("bfloat16", False)


def gaussian_kl(mean: Any, log_variance: Any) -> Any:
    """KL(N(mean, variance) || N(0, 1)) of each latent: Kingma and Welling 2014, appendix B.

    Args:
        mean: (..., L).
        log_variance: (..., L).

    Returns:
        Nats, (..., L), 0 or more.
    """
    return 0.5 * (tf.exp(log_variance) + tf.square(mean) - 1.0 - log_variance)


def bernoulli_loss(pixels: Any, logits: Any) -> Any:
    """-log p(pixels) under independent Bernoullis.

    Args:
        pixels: (..., P), each in [0, 1].
        logits: (..., P).

    Returns:
        Nats, (...), summed over P.
    """
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=pixels, logits=logits)
    return tf.reduce_sum(loss, axis=-1)


def _network(inputs: int, outputs: int, hp: keras_tuner.HyperParameters, name: str) -> keras.Model:
    mixed = "mixed_bfloat16" if hp.get("bfloat16") else "float32"
    first = hidden = keras.Input((inputs,), name=f"{name}_input")
    for _ in range(hp.get("layers")):
        hidden = layers.Dense(
            hp.get("units"), activation="relu", kernel_initializer="he_normal", dtype=mixed
        )(hidden)
    return keras.Model(first, layers.Dense(outputs, dtype="float32")(hidden), name=name)


class Vae(keras.Model):
    """An encoder and a decoder; `fit` takes batches of (images, labels), images uint8."""

    def __init__(self, hp: keras_tuner.HyperParameters, total_steps: int) -> None:
        super().__init__(name="vae")
        self.latent = int(hp.get("latent"))
        self.beta = float(hp.get("beta"))
        self.warm_up_steps = max(1, round(hp.get("warm_up") * total_steps))
        self.encoder = _network(_PIXELS, 2 * self.latent, hp, "encoder")
        self.decoder = _network(self.latent, _PIXELS, hp, "decoder")
        self.trackers = [
            keras.metrics.Mean(name=name) for name in ("loss", "nelbo", "reconstruction", "kl")
        ]
        self.built = True

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.trackers)

    def encode(self, pixels: Any) -> tuple[Any, Any]:
        """The posterior's mean and log variance, each (B, L), of pixels (B, 784) in [0, 1]."""
        mean, log_variance = tf.split(self.encoder(pixels), 2, axis=1)
        return mean, log_variance

    def terms(self, pixels: Any, noise: Any) -> tuple[Any, Any]:
        """-ELBO's two terms, in nats.

        Args:
            pixels: binarised, (B, 784).
            noise: standard normal, (B, L).

        Returns:
            The reconstruction, (B,), and the KL divergence of each latent, (B, L).
        """
        mean, log_variance = self.encode(pixels)
        logits = self.decoder(mean + tf.exp(0.5 * log_variance) * noise)
        return bernoulli_loss(pixels, logits), gaussian_kl(mean, log_variance)

    def _follow(self, reconstruction: Any, kl: Any, loss: Any) -> dict[str, Any]:
        for tracker, value in zip(
            self.trackers, (loss, reconstruction + kl, reconstruction, kl), strict=True
        ):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """One step on freshly binarised images."""
        grey = tf.cast(tf.reshape(data[0], (-1, _PIXELS)), tf.float32) / 255.0
        pixels = tf.cast(tf.random.uniform(tf.shape(grey)) < grey, tf.float32)
        noise = tf.random.normal((tf.shape(grey)[0], self.latent))
        rising = tf.cast(self.optimizer.iterations, tf.float32) / self.warm_up_steps
        with tf.GradientTape() as tape:
            reconstruction, latent_kl = self.terms(pixels, noise)
            kl = tf.reduce_sum(latent_kl, axis=1)
            loss = tf.reduce_mean(reconstruction + self.beta * tf.minimum(1.0, rising) * kl)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return self._follow(reconstruction, kl, loss)

    def test_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """The same figures on images that are binarised once and for all."""
        pixels, noise, _ = self.drawn(data[0])
        reconstruction, latent_kl = self.terms(pixels, noise)
        kl = tf.reduce_sum(latent_kl, axis=1)
        return self._follow(reconstruction, kl, reconstruction + kl)

    def drawn(self, images: Any) -> tuple[Any, Any, Any]:
        """The binarised pixels (B, 784), noise (B, L) and seeds that belong to images, uint8."""
        seeds = randomness.seeds_of_images(images)
        grey = tf.cast(tf.reshape(images, (-1, _PIXELS)), tf.float32) / 255.0
        pixels = tf.cast(randomness.uniform(seeds, _PIXELS) < grey, tf.float32)
        return pixels, randomness.normal(seeds + 1, self.latent), seeds

    def decode(self, latents: Any) -> Any:
        """Grey images, float32 (B, 28, 28) in [0, 1], of latents (B, L)."""
        return tf.reshape(tf.sigmoid(self.decoder(latents)), (-1, IMAGE_SIDE, IMAGE_SIDE))

    def sample(self, numbers: Any) -> Any:
        """Images from the prior, one for each number, int64 (B,)."""
        return self.decode(randomness.normal(randomness.seeds_of_numbers(numbers), self.latent))

    def reconstruct(self, images: Any) -> tuple[Any, Any]:
        """Images, uint8 (B, 28, 28), as the mean of their posterior, (B, L), gives them back."""
        grey = tf.cast(tf.reshape(images, (-1, _PIXELS)), tf.float32) / 255.0
        mean, _ = self.encode(grey)
        return self.decode(mean), mean

    def importance_weighted(self, pixels: Any, seeds: Any, draws: int) -> Any:
        """The negative importance-weighted bound: Burda et al. 2016, equation 8.

        Args:
            pixels: binarised, (B, 784).
            seeds: int64, (B, 2), for the draws.
            draws: K, from the posterior; 1 gives -ELBO's estimate.

        Returns:
            Nats, (B,).
        """
        mean, log_variance = self.encode(pixels)

        def bound(one: tuple[Any, Any, Any, Any]) -> Any:
            pixel, centre, log_var, seed = one
            noise = tf.random.stateless_normal((draws, self.latent), seed)
            latents = centre + tf.exp(0.5 * log_var) * noise
            # log p(x|z) + log p(z) - log q(z|x); the two normalising constants cancel.
            weights = (
                -bernoulli_loss(tf.tile(pixel[None], (draws, 1)), self.decoder(latents))
                - 0.5 * tf.reduce_sum(tf.square(latents), axis=1)
                + 0.5 * tf.reduce_sum(tf.square(noise) + log_var, axis=1)
            )
            return math.log(draws) - tf.reduce_logsumexp(weights)

        return tf.map_fn(bound, (pixels, mean, log_variance, seeds), fn_output_signature=tf.float32)


def build(hp: keras_tuner.HyperParameters, total_steps: int, seed: int) -> Vae:
    """A compiled VAE; see Family."""
    keras.utils.set_random_seed(seed)
    model = Vae(hp, total_steps)
    schedule = rise_and_fall(hp.get("learning_rate"), total_steps)
    optimizer = FusedAdam(schedule)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, jit_compile=False, steps_per_execution=_STEPS_PER_CALL)
    return model


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    hp: keras_tuner.HyperParameters,
    training: bool,
    seed: int,
) -> tf.data.Dataset:
    """Batches of grey images, uint8 (B, 28, 28), which each step binarises, and labels."""
    if not training:
        return batch_stream(images, labels, _EVAL_BATCH)
    return batch_stream(images, labels, hp.get("batch_size"), seed=seed)


def collapsed(logs: Mapping[str, float]) -> str:
    """A posterior that says nothing of its image is a collapsed one."""
    if logs.get("val_kl", 1.0) < 1.0:
        return (
            f"the posterior has collapsed onto the prior (KL {logs['val_kl']:.2g} nats), so the "
            "latents carry nothing of an image; a smaller beta or a longer warm_up may help"
        )
    return ""


def pictures(model: Vae, images: np.ndarray) -> dict[str, np.ndarray]:
    """`reconstructions`: real images above what is made of them; `samples`: from the prior."""
    real = images[: 5 * _PICTURES]
    made = tf.cast(tf.round(255.0 * model.reconstruct(tf.constant(real))[0]), tf.uint8).numpy()
    rows = [
        row
        for start in range(0, len(real), _PICTURES)
        for row in (real[start : start + _PICTURES], made[start : start + _PICTURES])
    ]
    drawn = model.sample(tf.range(_PICTURES * _PICTURES, dtype=tf.int64))
    return {
        "reconstructions": grid(np.concatenate(rows), _PICTURES),
        "samples": grid(tf.cast(tf.round(255.0 * drawn), tf.uint8).numpy(), _PICTURES),
    }


def signatures(model: Vae, images: np.ndarray, seed: int) -> dict[str, Signature]:
    """Served: encode, decode, sample and reconstruct; "evaluation" gives the facts of each image.

    Args:
        model: a trained one.
        images: of training, uint8 (N, 28, 28), to compare samples with.
        seed: draws the images to compare with.
    """
    numbers = tf.TensorSpec((None,), tf.int64, name="seeds")
    raw = tf.TensorSpec((None, IMAGE_SIDE, IMAGE_SIDE), tf.uint8, name="images")
    latents = tf.TensorSpec((None, model.latent), tf.float32, name="latents")
    serialized = tf.TensorSpec((None,), tf.string, name="examples")
    about = samples.SampleFacts(samples.in_batches(model.sample), images, seed)

    def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        made, mean = model.reconstruct(parse_images(examples))
        return {"images": made, "latents": mean}

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        grey = tf.cast(tf.reshape(images, (-1, _PIXELS)), tf.float32) / 255.0
        mean, log_variance = model.encode(grey)
        return {"mean": mean, "log_variance": log_variance}

    def decode(latents: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.decode(latents)}

    def sample(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.sample(seeds)}

    def reconstruct(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.reconstruct(images)[0]}

    def evaluation(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        found, index = parse_placed_images(examples)
        return _facts(model, found, index) | about.about(found, index)

    return {
        "serving_default": Signature(serve_examples, [serialized]),
        "encode": Signature(encode, [raw]),
        "decode": Signature(decode, [latents]),
        "sample": Signature(sample, [numbers]),
        "reconstruct": Signature(reconstruct, [raw]),
        "evaluation": Signature(evaluation, [serialized]),
    }


def _facts(model: Vae, images: Any, index: Any) -> dict[str, Any]:
    """Facts about images, uint8 (B, 28, 28), and what the model makes of them."""
    pixels, noise, seeds = model.drawn(images)
    reconstruction, latent_kl = model.terms(pixels, noise)
    chosen = tf.where(index % IMPORTANCE_EVERY == 0)
    bound = model.importance_weighted(
        tf.gather_nd(pixels, chosen), tf.gather_nd(seeds, chosen) + 2, IMPORTANCE_SAMPLES
    )
    unmeasured = tf.fill(tf.shape(reconstruction), math.nan)
    grey = tf.cast(images, tf.float32) / 255.0
    made, _ = model.reconstruct(images)
    error = made - grey
    safe = tf.clip_by_value(made, 1e-7, 1.0 - 1e-7)
    cross_entropy = -(grey * tf.math.log(safe) + (1.0 - grey) * tf.math.log(1.0 - safe))
    return {
        "reconstruction": reconstruction,
        "latent_kl": latent_kl,
        "importance_weighted": tf.tensor_scatter_nd_update(unmeasured, chosen, bound),
        "mse": tf.reduce_mean(tf.square(error), axis=(1, 2)),
        "mae": tf.reduce_mean(tf.abs(error), axis=(1, 2)),
        "bce": tf.reduce_mean(cross_entropy, axis=(1, 2)),
        "ink": ink_histogram(images, made),
    }


def figures(labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """EVALUATION's figures of a slice; see Family."""
    del labels
    reconstruction = float(facts["reconstruction"].mean())
    latent_kl = facts["latent_kl"].mean(axis=0)
    bounds = facts["importance_weighted"]
    measured = bounds[~np.isnan(bounds)]
    return {
        "nelbo": reconstruction + float(latent_kl.sum()),
        "importance_weighted": float(measured.mean()) if measured.size else math.nan,
        "reconstruction": reconstruction,
        "kl": float(latent_kl.sum()),
        "latent_kl": latent_kl[None].astype(np.float64),
        "active_latents": float((latent_kl > ACTIVE).sum()),
        **{name: float(facts[name].mean()) for name in ("mse", "mae", "bce")},
        **ink_figures(facts["ink"].sum(axis=0)),
        **samples.sample_figures(facts),
    }


def notes() -> dict[str, Any]:
    """What a reader of the results has to know."""
    return {
        "judge": judge.fingerprint(),
        "binarisation": "stochastic: a pixel is ink with the probability of its grey value",
        "importance_samples": IMPORTANCE_SAMPLES,
        "importance_images": f"every {IMPORTANCE_EVERY}th test image",
    }
