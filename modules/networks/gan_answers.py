"""What a GAN answers: its exported signatures, the facts that it is judged by, and its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from modules.contract.family import Signature
from modules.metrics import samples
from modules.networks import asked
from modules.networks.gan import Gan
from modules.util.pictures import as_grey, grid

if TYPE_CHECKING:
    from modules.metrics.judge import Judge

_EVAL_BATCH = 500  # samples that the discriminator is asked about at once
_PICTURES = 10  # images a row
WALK_STEPS = 10  # images of a walk, both ends included


def pictures(model: Gan, images: np.ndarray) -> dict[str, np.ndarray]:
    """`samples`: always of the same seeds."""
    del images
    drawn = model.sample(tf.range(_PICTURES * _PICTURES, dtype=tf.int64))
    return {"samples": grid(as_grey(drawn), _PICTURES)}


def signatures(model: Gan, images: np.ndarray, seed: int, judge: Judge) -> dict[str, Signature]:
    """Served: sample and discriminate; "evaluation" gives the facts of each image, "walk" images on
    the way from one latent to another, for the report.

    Args:
        model: a trained one.
        images: of training, uint8 (N, S, S), to compare samples with.
        seed: draws the images to compare with.
        judge: reads both.
    """
    about = samples.SampleFacts(samples.in_batches(model.sample), images, seed, judge)
    parts = np.array_split(about.generated_images, -(-about.count // _EVAL_BATCH))
    generated = np.concatenate([model.realness(part).numpy() for part in parts])

    def discriminate(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"real": model.realness(tf.cast(images, tf.float32) / 255.0)}

    def sample(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.sample(seeds)}

    def walk(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.walk(seeds, WALK_STEPS)}

    def evaluation(images: tf.Tensor, index: tf.Tensor) -> dict[str, tf.Tensor]:
        return about.about(images, index) | {
            "real_is_real": discriminate(images)["real"],
            "generated_is_real": tf.gather(generated, index % len(generated)),
        }

    return {
        "serving_default": asked.by_examples(discriminate, model.side),
        "sample": asked.by_seeds(sample),
        "discriminate": asked.by_images(discriminate, model.side),
        "walk": asked.by_seeds(walk),
        "evaluation": asked.by_placed_examples(evaluation, model.side),
    }
