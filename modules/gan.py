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
from keras import layers
from sklearn import metrics as sklearn_metrics

from modules import judge, randomness, samples
from modules.families import Evaluation, Gate, Objective, Signature
from modules.features import CLASSES, IMAGE_SIDE, LABEL
from modules.frechet import FrechetDistance
from modules.fused_adam import FusedAdam
from modules.images import batch_stream, parse_images, parse_placed_images
from modules.pictures import grid
from modules.schedules import rise_and_fall

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

LEAST_SHARE = 0.02  # of the samples; a digit below it counts as forgotten

_PIXELS = IMAGE_SIDE * IMAGE_SIDE
_EVAL_BATCH = 500
_STEPS_PER_CALL = 32
_SLOPE = 0.2  # of LeakyReLU below zero
_PICTURES = 10  # images a row


def search_space(hp: keras_tuner.HyperParameters) -> None:
    """Declares every hyperparameter, with its default.

    The widths are those of many a tutorial: 256 and 512 units (and 1024 in a third layer) in the
    generator, 512 and 256 in the discriminator.
    """
    hp.Choice("learning_rate", [2e-4, 5e-4], default=5e-4)
    hp.Choice("generator", ["dense", "conv"], default="dense")
    hp.Choice("dropout", [0.1, 0.3], default=0.1)
    hp.Fixed("conditional", True)
    hp.Fixed("latent", 100)
    hp.Fixed("channels", 16)
    hp.Fixed("units", 256)
    hp.Fixed("generator_layers", 2)
    hp.Fixed("batch_norm", True)
    hp.Fixed("batch_size", 64)
    hp.Fixed("label_smoothing", 0.1)
    hp.Fixed("tries", 8)
    hp.Fixed("average", 0.999)
    hp.Fixed("beta_1", 0.5)
    hp.Fixed("r1", 0.0)
    hp.Fixed("spectral_norm", False)
    hp.Fixed("bfloat16", False)


def _kind(hp: keras_tuner.HyperParameters) -> str:
    return "mixed_bfloat16" if hp.get("bfloat16") else "float32"


def _told(hp: keras_tuner.HyperParameters) -> int:
    """How many numbers tell the networks which digit is meant."""
    return CLASSES if hp.get("conditional") else 0


def _active(hidden: Any, hp: keras_tuner.HyperParameters) -> Any:
    if hp.get("batch_norm"):
        hidden = layers.BatchNormalization(momentum=0.9)(hidden)
    return layers.LeakyReLU(negative_slope=_SLOPE)(hidden)


def _dense_layers(hidden: Any, hp: keras_tuner.HyperParameters) -> Any:
    """From latents (B, L) to pixels (B, 784), before the tanh."""
    for layer in range(hp.get("generator_layers")):
        width = hp.get("units") * 2**layer
        hidden = _active(layers.Dense(width, dtype=_kind(hp))(hidden), hp)
    return layers.Dense(_PIXELS, dtype="float32")(hidden)


def _conv_layers(hidden: Any, hp: keras_tuner.HyperParameters) -> Any:
    """The same by way of 7 x 7 and 14 x 14 feature maps (Radford et al. 2016, "DCGAN")."""
    channels = hp.get("channels")
    hidden = _active(layers.Dense(7 * 7 * 2 * channels, dtype=_kind(hp))(hidden), hp)
    hidden = layers.Reshape((7, 7, 2 * channels))(hidden)
    hidden = layers.Conv2DTranspose(channels, 4, 2, "same", dtype=_kind(hp))(hidden)
    hidden = layers.Conv2DTranspose(1, 4, 2, "same", dtype="float32")(_active(hidden, hp))
    return layers.Reshape((_PIXELS,))(hidden)


def _generator(hp: keras_tuner.HyperParameters, name: str) -> keras.Model:
    """From latents, followed by a digit if it is told, (B, L [+ 10]), to pixels in [-1, 1]."""
    latents = keras.Input((hp.get("latent") + _told(hp),))
    make = _conv_layers if hp.get("generator") == "conv" else _dense_layers
    pixels = layers.Activation("tanh", dtype="float32")(make(latents, hp))
    return keras.Model(latents, pixels, name=name)


def _discriminator(hp: keras_tuner.HyperParameters) -> keras.Model:
    """From pixels in [-1, 1], followed by a digit if it is told, to logits of being real."""
    first = hidden = keras.Input((_PIXELS + _told(hp),))
    for width in (2 * hp.get("units"), hp.get("units")):
        layer = layers.Dense(width, dtype=_kind(hp))
        if hp.get("spectral_norm"):
            layer = layers.SpectralNormalization(layer)
        hidden = layers.LeakyReLU(negative_slope=_SLOPE)(layer(hidden))
        if hp.get("dropout"):
            hidden = layers.Dropout(hp.get("dropout"))(hidden)
    return keras.Model(first, layers.Dense(1, dtype="float32")(hidden), name="discriminator")


def _as_pixels(images: Any) -> Any:
    """From images (B, 28, 28) in [0, 1] to the networks' (B, 784) in [-1, 1]."""
    return 2.0 * tf.reshape(images, (-1, _PIXELS)) - 1.0


def _cross_entropy(logits: Any, wanted: float) -> Any:
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(
            labels=tf.fill(tf.shape(logits), wanted), logits=logits
        )
    )


class Gan(keras.Model):
    """A generator, its average and a discriminator; `fit` takes (images, labels), images uint8."""

    def __init__(self, hp: keras_tuner.HyperParameters, total_steps: int) -> None:
        super().__init__(name="gan")
        self.latent = int(hp.get("latent"))
        self.decay = float(hp.get("average"))
        self.real_label = 1.0 - float(hp.get("label_smoothing"))
        self.r1 = float(hp.get("r1"))
        self.tries = int(hp.get("tries"))
        self.conditional = bool(hp.get("conditional"))
        self.counts = self.add_weight(
            shape=(CLASSES,), initializer="ones", trainable=False, name="counts"
        )
        self.generator = _generator(hp, "generator")
        self.average = _generator(hp, "average")
        self.average.set_weights(self.generator.get_weights())
        self.average.trainable = False
        self.discriminator = _discriminator(hp)

        def adam(network: keras.Model) -> keras.optimizers.Optimizer:
            schedule = rise_and_fall(hp.get("learning_rate"), total_steps, rise=0.01, last=0.1)
            optimizer = FusedAdam(schedule, beta_1=hp.get("beta_1"))
            optimizer.build(network.trainable_variables)
            return optimizer

        self.generator_optimizer = adam(self.generator)
        self.discriminator_optimizer = adam(self.discriminator)
        self.trackers = [
            keras.metrics.Mean(name=name) for name in ("generator_loss", "discriminator_loss")
        ]
        self.distance = FrechetDistance(judge.FEATURES, name="frechet")
        self.digits = DigitShares(name="digits")
        self.built = True

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [*self.trackers, self.distance, self.digits]

    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """One step of the discriminator, one of the generator, one of the average."""
        real = tf.cast(tf.reshape(data[0], (-1, _PIXELS)), tf.float32) / 127.5 - 1.0
        count = tf.shape(real)[0]
        digits = tf.one_hot(tf.reshape(data[1], (-1,)), CLASSES)
        self.counts.assign_add(tf.reduce_sum(digits, axis=0))
        real = self._tell(real, digits)
        noise = self._tell(tf.random.normal((count, self.latent)), digits)
        generated = self._tell(self.generator(noise, training=True), digits)
        both = tf.concat([real, generated], axis=0)
        with tf.GradientTape() as tape:
            logits = self.discriminator(both, training=True)
            discriminator_loss = _cross_entropy(logits[:count], self.real_label) + _cross_entropy(
                logits[count:], 0.0
            )
            if self.r1:
                discriminator_loss += 0.5 * self.r1 * self._real_slope(real)
        self._step(tape, discriminator_loss, self.discriminator, self.discriminator_optimizer)
        with tf.GradientTape() as tape:
            noise = self._tell(tf.random.normal((count, self.latent)), digits)
            generated = self._tell(self.generator(noise, training=True), digits)
            generator_loss = _cross_entropy(self.discriminator(generated, training=True), 1.0)
        self._step(tape, generator_loss, self.generator, self.generator_optimizer)
        for mean, weight in zip(self.average.variables, self.generator.variables, strict=True):
            mean.assign_sub((1.0 - self.decay) * (mean - weight))
        for tracker, loss in zip(self.trackers, (generator_loss, discriminator_loss), strict=True):
            tracker.update_state(loss)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def _tell(self, inputs: Any, digits: Any) -> Any:
        return tf.concat([inputs, digits], axis=1) if self.conditional else inputs

    def _step(self, tape: Any, loss: Any, network: keras.Model, optimizer: Any) -> None:
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    def _real_slope(self, real: Any) -> Any:
        """R1: the squared gradient of the logits at real images (Mescheder et al. 2018)."""
        with tf.GradientTape() as tape:
            tape.watch(real)
            logits = self.discriminator(real, training=True)
        slope = tape.gradient(logits, real)[:, :_PIXELS]  # an image can change, a digit cannot
        return tf.reduce_mean(tf.reduce_sum(tf.square(slope), axis=1))

    def test_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """By the judge's eyes: the distance to these images, and how many digits there are."""
        seeds = randomness.seeds_of_images(data[0])
        generated = judge.read(self.draw(seeds))
        self.distance.update_state(
            generated.features, judge.read(tf.cast(data[0], tf.float32) / 255.0).features
        )
        self.digits.update_state(generated.logits)
        return {"frechet": self.distance.result(), "digits": self.digits.result()}

    def _images(self, latents: Any) -> Any:
        pixels = 0.5 * (self.average(latents, training=False) + 1.0)
        return tf.reshape(pixels, (-1, IMAGE_SIDE, IMAGE_SIDE))

    def sample(self, numbers: Any) -> Any:
        """Images, float32 (B, 28, 28) in [0, 1], one for each number, int64 (B,)."""
        return self.draw(randomness.seeds_of_numbers(numbers))

    def draw(self, seeds: Any) -> Any:
        """The image of each seed, int64 (B, 2): one of `tries`, as the discriminator weighs them.

        Sampling by importance (Rubin 1987): where the discriminator is the best there is, the odds
        that it gives to real are the ratio of the densities of real and generated images
        (Goodfellow et al. 2014, proposition 1), and a draw by these odds is one from the real ones.
        Azadi et al. 2019, "Discriminator Rejection Sampling", reject instead.
        """
        latents = tf.reshape(randomness.normal(seeds, self.tries, self.latent), (-1, self.latent))
        # A digit by its frequency in training: the first whose cumulated frequency is above a draw.
        ends = tf.cumsum(self.counts / tf.reduce_sum(self.counts))
        digit = tf.searchsorted(ends, randomness.uniform(seeds + 2, 1)[:, 0], side="right")
        digits = tf.repeat(tf.one_hot(digit, CLASSES), self.tries, axis=0)
        images = self._images(self._tell(latents, digits))
        told = self._tell(_as_pixels(images), digits)
        logits = self.discriminator(told, training=False)
        logits = tf.reshape(logits, (-1, self.tries))
        # The greatest of logits and Gumbel noise is a draw by the softmax of the logits.
        noise = -tf.math.log(-tf.math.log(randomness.uniform(seeds + 1, self.tries) + 1e-20))
        chosen = tf.argmax(logits + noise, axis=1)
        images = tf.reshape(images, (-1, self.tries, IMAGE_SIDE, IMAGE_SIDE))
        return tf.gather(images, chosen, axis=1, batch_dims=1)

    def realness(self, images: Any) -> Any:
        """The discriminator's probability that images, float (B, 28, 28) in [0, 1], are real.

        It is told the digit; here, each in turn, and the greatest answer counts.
        """
        pixels, count = _as_pixels(images), tf.shape(images)[0]
        asked = CLASSES if self.conditional else 1
        digits = tf.one_hot(tf.tile(tf.range(asked), (count,)), CLASSES)
        told = self._tell(tf.repeat(pixels, asked, axis=0), digits)
        logits = tf.reshape(self.discriminator(told, training=False), (-1, asked))
        return tf.sigmoid(tf.reduce_max(logits, axis=1))


class DigitShares(keras.metrics.Metric):
    """How many digits make up at least LEAST_SHARE of what was read."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.counts = self.add_variable((CLASSES,), keras.initializers.Zeros(), name="counts")

    def update_state(self, logits: Any) -> None:
        """Adds a batch of the judge's logits, (B, 10)."""
        read = tf.one_hot(tf.argmax(logits, axis=1), CLASSES)
        self.counts.assign_add(tf.reduce_sum(read, axis=0))

    def result(self) -> Any:
        counts = tf.convert_to_tensor(self.counts)
        return tf.reduce_sum(tf.cast(counts >= LEAST_SHARE * tf.reduce_sum(counts), tf.float32))


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
    if not training:
        return batch_stream(images, labels, _EVAL_BATCH)
    return batch_stream(images, labels, hp.get("batch_size"), seed=seed)


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
    return {"samples": grid(tf.cast(tf.round(255.0 * drawn), tf.uint8).numpy(), _PICTURES)}


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
