"""What a VAE answers: its exported signatures, the facts that it is judged by, and its pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from modules.contract.family import Signature
from modules.metrics import samples
from modules.metrics.ink import ink_histogram
from modules.networks import asked
from modules.networks.vae import Vae, grey_pixels
from modules.util.pictures import as_grey, grid

if TYPE_CHECKING:
    from modules.metrics.judge import Judge

_PICTURES = 10  # images a row


def pictures(model: Vae, images: np.ndarray) -> dict[str, np.ndarray]:
    """`reconstructions`: real images above what is made of them; `samples`: from the prior."""
    real = images[: 5 * _PICTURES]
    made = as_grey(model.reconstruct(tf.constant(real))[0])
    rows = [
        row
        for start in range(0, len(real), _PICTURES)
        for row in (real[start : start + _PICTURES], made[start : start + _PICTURES])
    ]
    drawn = model.sample(tf.range(_PICTURES * _PICTURES, dtype=tf.int64))
    return {
        "reconstructions": grid(np.concatenate(rows), _PICTURES),
        "samples": grid(as_grey(drawn), _PICTURES),
    }


def signatures(
    model: Vae, images: np.ndarray, seed: int, judge: Judge, draws: int, every: int
) -> dict[str, Signature]:
    """Served: encode, decode, sample and reconstruct; "evaluation" gives the facts of each image.

    Args:
        model: a trained one.
        images: of training, uint8 (N, S, S), to compare samples with.
        seed: draws the images to compare with.
        judge: reads both.
        draws: from the posterior, for the importance-weighted bound.
        every: one image in so many has that bound measured.
    """
    about = samples.SampleFacts(samples.in_batches(model.sample), images, seed, judge)

    def both(images: tf.Tensor) -> dict[str, tf.Tensor]:
        made, mean = model.reconstruct(images)
        return {"images": made, "latents": mean}

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        mean, log_variance = model.encode(grey_pixels(images))
        return {"mean": mean, "log_variance": log_variance}

    def decode(latents: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.decode(latents)}

    def sample(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.sample(seeds)}

    def reconstruct(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.reconstruct(images)[0]}

    def evaluation(images: tf.Tensor, index: tf.Tensor) -> dict[str, tf.Tensor]:
        return facts_of(model, images, index, draws, every) | about.about(images, index)

    return {
        "serving_default": asked.by_examples(both, model.side),
        "encode": asked.by_images(encode, model.side),
        "decode": asked.by_latents(decode, model.latent),
        "sample": asked.by_seeds(sample),
        "reconstruct": asked.by_images(reconstruct, model.side),
        "evaluation": asked.by_placed_examples(evaluation, model.side),
    }


def facts_of(model: Vae, images: Any, index: Any, draws: int, every: int) -> dict[str, Any]:
    """Facts about images, uint8 (B, S, S), and what the model makes of them; see signatures."""
    pixels, noise, seeds = model.drawn(images)
    reconstruction, latent_kl = model.terms(pixels, noise)
    chosen = tf.where(index % every == 0)
    bound = model.importance_weighted(
        tf.gather_nd(pixels, chosen), tf.gather_nd(seeds, chosen) + 2, draws
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
