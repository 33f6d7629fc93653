"""The VAE itself: an encoder, a decoder, and what they are trained and judged by.

Kingma and Welling 2014, "Auto-Encoding Variational Bayes". All figures in nats are of a whole
image: the Bernoulli reconstruction is summed over its pixels, the KL divergence over the latents.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from modules.contract.hyperparameters import Values
from modules.networks import randomness
from modules.networks.live import following, plain, plain_values


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

    @tf.custom_gradient
    def loss(logits: Any) -> tuple[Any, Any]:
        # -x ln s(l) - (1 - x) ln(1 - s(l)), s the sigmoid; in this form, half the operations.
        nats = tf.reduce_sum(tf.nn.softplus(logits) - pixels * logits, axis=-1)
        return nats, lambda slope: slope[..., None] * (tf.sigmoid(logits) - pixels)

    return loss(logits)


@keras.saving.register_keras_serializable(package="triptych")
class InkDense(layers.Dense):
    """A dense layer of inputs that are mostly 0, as pixels are: of MNIST's, 87 in 100.

    In training, its products skip zeros, forwards and backwards, where TensorFlow has such ones:
    not on GPUs, and not in bfloat16. Everywhere else, and when served, it is a plain layer.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """From (B, inputs) to (B, units)."""
        skips = self.compute_dtype == "float32" and not tf.config.list_logical_devices("GPU")
        if not training or not skips:
            return super().call(inputs, training=training)
        product = tf.matmul(inputs, tf.convert_to_tensor(self.kernel), a_is_sparse=True)
        return self.activation(tf.nn.bias_add(product, tf.convert_to_tensor(self.bias)))


def _network(
    inputs: int,
    outputs: int,
    values: Values,
    name: str,
    first_layer: type[layers.Dense] = layers.Dense,
) -> keras.Model:
    mixed = "mixed_bfloat16" if values["bfloat16"] else "float32"
    first = hidden = keras.Input((inputs,), name=f"{name}_input")
    for place in range(values["layers"]):
        kind = first_layer if place == 0 else layers.Dense
        hidden = kind(
            values["units"],
            activation=values["activation"],
            kernel_initializer="he_normal",
            dtype=mixed,
        )(hidden)
    return keras.Model(first, layers.Dense(outputs, dtype="float32")(hidden), name=name)


def grey_pixels(images: Any) -> Any:
    """From images, uint8 (B, S, S), S known, to pixels (B, P) in [0, 1]; P is S * S."""
    pixels = images.shape[1] * images.shape[2]
    return tf.cast(tf.reshape(images, (-1, pixels)), tf.float32) / 255.0


@keras.saving.register_keras_serializable(package="triptych")
class Vae(keras.Model):
    """An encoder and a decoder; `fit` takes batches of (images, labels), images uint8.

    Called with images, uint8 (B, S, S), it gives them back, float32 (B, S, S) in [0, 1].

    Args:
        values: of the hyperparameters; learning_rate, beta, warm_up and weight_decay may be live.
        total_steps: how many steps training will take; may be live.
        side: S, of an image, in pixels; P is S * S.
    """

    def __init__(self, values: Values, total_steps: Any, side: int) -> None:
        super().__init__(name="vae")
        self.values = dict(values)
        self.total_steps = total_steps
        self.side = side
        self.pixels = side * side
        self.latent = values["latent"]
        self.beta = values["beta"]
        self.warm_up_steps = following(
            lambda share, steps: max(1, round(share * steps)), values["warm_up"], total_steps
        )
        self.encoder = _network(self.pixels, 2 * self.latent, values, "encoder", InkDense)
        self.decoder = _network(self.latent, self.pixels, values, "decoder")
        self.trackers = [
            keras.metrics.Mean(name=name) for name in ("loss", "nelbo", "reconstruction", "kl")
        ]
        # Last, so that the first weights do not depend on it.
        self.noise = keras.random.SeedGenerator()
        self.built = True

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.trackers)

    def get_config(self) -> dict[str, Any]:
        made_of = {"total_steps": plain(self.total_steps), "side": self.side}
        return {"values": plain_values(self.values), **made_of}

    def call(self, images: Any, training: bool | None = None) -> Any:
        del training
        return self.reconstruct(images)[0]

    def encode(self, pixels: Any, training: bool = False) -> tuple[Any, Any]:
        """The posterior's mean and log variance, each (B, L), of pixels (B, P) in [0, 1]."""
        mean, log_variance = tf.split(self.encoder(pixels, training=training), 2, axis=1)
        return mean, log_variance

    def terms(self, pixels: Any, noise: Any, training: bool = False) -> tuple[Any, Any]:
        """-ELBO's two terms, in nats.

        Args:
            pixels: binarised, (B, P).
            noise: standard normal, (B, L).
            training: whether weights will be changed by what this gives.

        Returns:
            The reconstruction, (B,), and the KL divergence of each latent, (B, L).
        """
        mean, log_variance = self.encode(pixels, training)
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
        chance = randomness.of_step(self.noise, self.optimizer)
        grey = grey_pixels(data[0])
        pixels = tf.cast(chance.uniform(tf.shape(grey)) < grey, tf.float32)
        noise = chance.normal((tf.shape(grey)[0], self.latent))
        rising = tf.cast(self.optimizer.iterations, tf.float32) / self.warm_up_steps
        with tf.GradientTape() as tape:
            reconstruction, latent_kl = self.terms(pixels, noise, training=True)
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
        """The binarised pixels (B, P), noise (B, L) and seeds that belong to images, uint8."""
        seeds = randomness.seeds_of_images(images)
        grey = grey_pixels(images)
        pixels = tf.cast(randomness.uniform(seeds, self.pixels) < grey, tf.float32)
        return pixels, randomness.normal(seeds + 1, self.latent), seeds

    def decode(self, latents: Any) -> Any:
        """Grey images, float32 (B, S, S) in [0, 1], of latents (B, L)."""
        return tf.reshape(tf.sigmoid(self.decoder(latents)), (-1, self.side, self.side))

    def sample(self, numbers: Any) -> Any:
        """Images from the prior, one for each number, int64 (B,)."""
        return self.decode(randomness.normal(randomness.seeds_of_numbers(numbers), self.latent))

    def reconstruct(self, images: Any) -> tuple[Any, Any]:
        """Images, uint8 (B, S, S), as the mean of their posterior, (B, L), gives them back."""
        mean, _ = self.encode(grey_pixels(images))
        return self.decode(mean), mean

    def importance_weighted(self, pixels: Any, seeds: Any, draws: int) -> Any:
        """The negative importance-weighted bound: Burda et al. 2016, equation 8.

        Args:
            pixels: binarised, (B, P).
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
