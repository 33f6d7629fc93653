"""The GAN family: a generative adversarial network (Goodfellow et al. 2014) of digits.

The generator learns by the non-saturating loss, and both networks are told the digit (Mirza and
Osindero 2014, "Conditional Generative Adversarial Nets"). What is sampled, judged and served is an
exponential average of the generator's weights (Yazıcı et al. 2019, "The Unusual Effectiveness of
Averaging in GAN Training"), which is far better than the last ones. Images are in [-1, 1] inside,
as the generator's tanh gives them, and in [0, 1] outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from sklearn import metrics as sklearn_metrics

from modules.contract.family import Evaluation, Gate, Objective, Signature
from modules.data.features import CLASSES, IMAGE_SIDE, LABEL
from modules.data.images import parse_images, parse_placed_images, train_or_held_out
from modules.metrics import judge, samples
from modules.networks.gan import Gan
from modules.util.pictures import as_grey, grid

OBJECTIVE = Objective("val_frechet", "min")
SIGNATURES = ("serving_default", "sample", "discriminate")
EVALUATION = Evaluation(
    signature="evaluation",
    figures=(
        *samples.FIGURES,
        "discriminator_precision",
        "discriminator_recall",
        "discriminator_auc",
    ),
    # What they say of the generated images has nothing to do with a slice of the real ones.
    overall=(*samples.OVERALL, "discriminator_precision", "discriminator_auc"),
    gates=(
        Gate("relative_frechet", "relative_frechet", at_least=False),
        Gate("relative_coverage", "relative_coverage"),
        Gate("coverage", "digit_coverage", by=LABEL),
        Gate("recall", "digit_recall", by=LABEL),
        Gate("precision", "precision"),
        Gate("coverage", "coverage", change="coverage_drop"),
        *(Gate(f"share_of_{digit}", "share") for digit in range(CLASSES)),
    ),
    headline=("relative_frechet", "relative_coverage"),
)

_EVAL_BATCH = 500  # samples that the discriminator is asked about at once
_STEPS_PER_CALL = 32
_PICTURES = 10  # images a row


def search_space(hp: keras_tuner.HyperParameters) -> None:
    """Declares every hyperparameter, with its default.

    The widths are those of many a tutorial: 256 and 512 units (and 1024 in a third layer) in the
    generator, 512 and 256 in the discriminator.
    """
    hp.Choice("learning_rate", [2e-4, 5e-4, 1e-3], default=5e-4)
    hp.Choice("generator", ["dense", "conv"], default="dense")
    hp.Choice("dropout", [0.0, 0.1, 0.3], default=0.1)
    hp.Choice("label_smoothing", [0.0, 0.1], default=0.1)
    hp.Choice("latent", [50, 100], default=100)
    hp.Fixed("conditional", True)
    hp.Fixed("channels", 16)
    hp.Fixed("units", 256)
    hp.Fixed("generator_layers", 2)
    hp.Fixed("batch_norm", True)
    hp.Fixed("batch_size", 64)
    hp.Fixed("tries", 4)
    hp.Fixed("average", 0.999)
    hp.Fixed("beta_1", 0.5)
    hp.Fixed("r1", 0.0)
    hp.Fixed("r1_every", 4)
    hp.Fixed("spectral_norm", False)
    hp.Fixed("bfloat16", False)


def build(hp: keras_tuner.HyperParameters, total_steps: int, seed: int) -> Gan:
    """A compiled GAN; see Family."""
    keras.utils.set_random_seed(seed)
    model = Gan(hp, total_steps)
    model.compile(jit_compile=False, steps_per_execution=_STEPS_PER_CALL)
    return model


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    hp: keras_tuner.HyperParameters,
    training: bool,
    seed: int,
) -> tf.data.Dataset:
    """Batches of grey images, uint8 (B, 28, 28), and labels, int64 (B,)."""
    return train_or_held_out(images, labels, hp.get("batch_size"), training, seed)


def collapsed(logs: Mapping[str, float]) -> str:
    """A generator that knows a few digits only is a collapsed one."""
    digits = int(logs.get("val_digits", CLASSES))
    if digits < CLASSES - 2:
        return (
            f"the generator has collapsed: only {digits} of {CLASSES} digits are among its "
            "samples; a smaller learning_rate, more dropout or some r1 may help"
        )
    return ""


def pictures(model: Gan, images: np.ndarray) -> dict[str, np.ndarray]:
    """`samples`: always of the same seeds."""
    del images
    drawn = model.sample(tf.range(_PICTURES * _PICTURES, dtype=tf.int64))
    return {"samples": grid(as_grey(drawn), _PICTURES)}


def signatures(model: Gan, images: np.ndarray, seed: int) -> dict[str, Signature]:
    """Served: sample and discriminate; "evaluation" gives the facts of each image.

    Args:
        model: a trained one.
        images: of training, uint8 (N, 28, 28), to compare samples with.
        seed: draws the images to compare with.
    """
    numbers = tf.TensorSpec((None,), tf.int64, name="seeds")
    raw = tf.TensorSpec((None, IMAGE_SIDE, IMAGE_SIDE), tf.uint8, name="images")
    serialized = tf.TensorSpec((None,), tf.string, name="examples")
    about = samples.SampleFacts(samples.in_batches(model.sample), images, seed)
    parts = np.array_split(about.generated_images, -(-about.count // _EVAL_BATCH))
    generated = np.concatenate([model.realness(part).numpy() for part in parts])

    def discriminate(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"real": model.realness(tf.cast(images, tf.float32) / 255.0)}

    def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return discriminate(parse_images(examples))

    def sample(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": model.sample(seeds)}

    def evaluation(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        found, index = parse_placed_images(examples)
        return about.about(found, index) | {
            "real_is_real": discriminate(found)["real"],
            "generated_is_real": tf.gather(generated, index % len(generated)),
        }

    return {
        "serving_default": Signature(serve_examples, [serialized]),
        "sample": Signature(sample, [numbers]),
        "discriminate": Signature(discriminate, [raw]),
        "evaluation": Signature(evaluation, [serialized]),
    }


def figures(labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """EVALUATION's figures of a slice; see Family."""
    del labels
    real, generated = facts["real_is_real"].reshape(-1), facts["generated_is_real"].reshape(-1)
    truth = np.repeat([True, False], [len(real), len(generated)])
    scores = np.concatenate([real, generated])
    precision, recall, _, _ = sklearn_metrics.precision_recall_fscore_support(
        truth, scores > 0.5, average="binary", zero_division=np.nan
    )
    return {
        "discriminator_precision": float(precision),
        "discriminator_recall": float(recall),
        "discriminator_auc": float(sklearn_metrics.roc_auc_score(truth, scores)),
        **samples.sample_figures(facts),
    }


def notes() -> dict[str, Any]:
    """What a reader of the results has to know."""
    return {
        "judge": judge.fingerprint(),
        "samples": "of the average of the generator's weights, chosen among `tries` by importance",
    }
