"""The GAN itself: how it learns, how it samples, and how it is followed while it learns.

Goodfellow et al. 2014, with the non-saturating loss of the generator. Both networks are told the
class (Mirza and Osindero 2014, "Conditional Generative Adversarial Nets").
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from modules.contract.hyperparameters import Values
from modules.metrics.frechet import FrechetDistance
from modules.metrics.judge_weights import FEATURES
from modules.networks import randomness
from modules.networks.fused_adam import FusedAdam
from modules.networks.gan_layers import discriminator_network, generator_network
from modules.networks.known_classes import KnownClasses
from modules.networks.schedules import rise_and_fall

if TYPE_CHECKING:
    from modules.metrics.judge import Judge

# Classes that the discriminator is asked about at once: each takes a copy of the batch.
_ASKED = 10


def _cross_entropy(logits: Any, wanted: float) -> Any:
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(
            labels=tf.fill(tf.shape(logits), wanted), logits=logits
        )
    )


class Gan(keras.Model):
    """A generator, its average and a discriminator; `fit` takes (images, labels), images uint8.

    Args:
        values: of the hyperparameters.
        total_steps: how many steps training will take.
        side: S, of an image, in pixels; P is S * S.
        classes: K, how many there are.
        judge: reads the samples of each validation; has to know images of this kind by then.
    """

    def __init__(
        self, values: Values, total_steps: int, side: int, classes: int, judge: Judge
    ) -> None:
        super().__init__(name="gan")
        self.side = side
        self.pixels = side * side
        self.classes = classes
        self.judge = judge
        self.latent = values["latent"]
        self.decay = values["average"]
        self.real_label = 1.0 - values["label_smoothing"]
        self.r1, self.r1_every = values["r1"], max(1, values["r1_every"])
        self.tries = values["tries"]
        self.conditional = values["conditional"]
        self.counts = self.add_weight(
            shape=(classes,), initializer="ones", trainable=False, name="counts"
        )
        told = classes if self.conditional else 0
        self.generator = generator_network(values, "generator", side, told)
        self.average = generator_network(values, "average", side, told)
        self.average.set_weights(self.generator.get_weights())
        self.average.trainable = False
        self.discriminator = discriminator_network(values, side, told)

        def adam(network: keras.Model) -> keras.optimizers.Optimizer:
            schedule = rise_and_fall(values["learning_rate"], total_steps, rise=0.01, last=0.1)
            optimizer = FusedAdam(schedule, beta_1=values["beta_1"])
            optimizer.build(network.trainable_variables)
            return optimizer

        self.generator_optimizer = adam(self.generator)
        self.discriminator_optimizer = adam(self.discriminator)
        self.trackers = [
            keras.metrics.Mean(name=name) for name in ("generator_loss", "discriminator_loss")
        ]
        self.distance = FrechetDistance(FEATURES, name="frechet")
        self.known = KnownClasses(classes, name="classes")
        self.built = True

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [*self.trackers, self.distance, self.known]

    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """One step of the discriminator, one of the generator, one of the average."""
        real = tf.cast(tf.reshape(data[0], (-1, self.pixels)), tf.float32) / 127.5 - 1.0
        count = tf.shape(real)[0]
        shown = tf.one_hot(tf.reshape(data[1], (-1,)), self.classes)
        self.counts.assign_add(tf.reduce_sum(shown, axis=0))
        real = self._tell(real, shown)
        noise = self._tell(tf.random.normal((count, self.latent)), shown)
        generated = self._tell(self.generator(noise, training=True), shown)
        both = tf.concat([real, generated], axis=0)
        with tf.GradientTape() as tape:
            logits = self.discriminator(both, training=True)
            discriminator_loss = _cross_entropy(logits[:count], self.real_label) + _cross_entropy(
                logits[count:], 0.0
            )
            if self.r1:
                discriminator_loss += self._slope_term(real)
        self._step(tape, discriminator_loss, self.discriminator, self.discriminator_optimizer)
        with tf.GradientTape() as tape:
            noise = self._tell(tf.random.normal((count, self.latent)), shown)
            generated = self._tell(self.generator(noise, training=True), shown)
            generator_loss = _cross_entropy(self.discriminator(generated, training=True), 1.0)
        self._step(tape, generator_loss, self.generator, self.generator_optimizer)
        self._follow_generator()
        for tracker, loss in zip(self.trackers, (generator_loss, discriminator_loss), strict=True):
            tracker.update_state(loss)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def _follow_generator(self) -> None:
        """Moves the average; it forgets faster at first, or it would hold on to the untrained."""
        step = tf.cast(self.generator_optimizer.iterations, tf.float32)
        new = 1.0 - tf.minimum(self.decay, (1.0 + step) / (10.0 + step))
        for mean, weight in zip(self.average.variables, self.generator.variables, strict=True):
            mean.assign_sub(new * (mean - weight))

    def _tell(self, inputs: Any, shown: Any) -> Any:
        return tf.concat([inputs, shown], axis=1) if self.conditional else inputs

    def _step(self, tape: Any, loss: Any, network: keras.Model, optimizer: Any) -> None:
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    def _slope_term(self, real: Any) -> Any:
        """R1 in one step of so many, and that much heavier: the same on average for less work.

        Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 3.1.
        """
        weight = 0.5 * self.r1 * self.r1_every
        due = tf.equal(self.discriminator_optimizer.iterations % self.r1_every, 0)
        return tf.cond(due, lambda: weight * self._real_slope(real), lambda: 0.0)

    def _real_slope(self, real: Any) -> Any:
        """R1: the squared gradient of the logits at real images (Mescheder et al. 2018)."""
        with tf.GradientTape() as tape:
            tape.watch(real)
            logits = self.discriminator(real, training=True)
        # An image can change, its class cannot.
        slope = tape.gradient(logits, real)[:, : self.pixels]
        return tf.reduce_mean(tf.reduce_sum(tf.square(slope), axis=1))

    def test_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """By the judge's eyes: the distance to these images, and how many classes there are.

        Raises:
            ValueError: the judge reads other images than these.
        """
        if (self.judge.side, self.judge.classes) != (self.side, self.classes):
            raise ValueError(
                f"the judge reads {self.judge.classes} classes in images of {self.judge.side} "
                f"pixels a side, not {self.classes} in images of {self.side}"
            )
        seeds = randomness.seeds_of_images(data[0])
        generated = self.judge.read(self.draw(seeds))
        real = self.judge.read(tf.cast(data[0], tf.float32) / 255.0)
        self.distance.update_state(generated.features, real.features)
        self.known.update_state(generated.logits, self.counts)
        return {"frechet": self.distance.result(), "classes": self.known.result()}

    def _images(self, latents: Any) -> Any:
        pixels = 0.5 * (self.average(latents, training=False) + 1.0)
        return tf.reshape(pixels, (-1, self.side, self.side))

    def _as_pixels(self, images: Any) -> Any:
        """From images (B, S, S) in [0, 1] to the networks' (B, P) in [-1, 1]."""
        return 2.0 * tf.reshape(images, (-1, self.pixels)) - 1.0

    def sample(self, numbers: Any) -> Any:
        """Images, float32 (B, S, S) in [0, 1], one for each number, int64 (B,)."""
        return self.draw(randomness.seeds_of_numbers(numbers))

    def draw(self, seeds: Any) -> Any:
        """The image of each seed, int64 (B, 2): one of `tries`, as the discriminator weighs them.

        Sampling by importance (Rubin 1987): where the discriminator is the best there is, the odds
        that it gives to real are the ratio of the densities of real and generated images
        (Goodfellow et al. 2014, proposition 1), and a draw by these odds is one from the real ones.
        Azadi et al. 2019, "Discriminator Rejection Sampling", reject instead.
        """
        latents = tf.reshape(randomness.normal(seeds, self.tries, self.latent), (-1, self.latent))
        # A class by its frequency in training: the first whose cumulated frequency is above a draw.
        ends = tf.cumsum(self.counts / tf.reduce_sum(self.counts))
        drawn = tf.searchsorted(ends[:-1], randomness.uniform(seeds + 2, 1)[:, 0], side="right")
        wanted = tf.repeat(tf.one_hot(drawn, self.classes), self.tries, axis=0)
        images = self._images(self._tell(latents, wanted))
        told = self._tell(self._as_pixels(images), wanted)
        logits = self.discriminator(told, training=False)
        logits = tf.reshape(logits, (-1, self.tries))
        # The greatest of logits and Gumbel noise is a draw by the softmax of the logits.
        noise = -tf.math.log(-tf.math.log(randomness.uniform(seeds + 1, self.tries) + 1e-20))
        chosen = tf.argmax(logits + noise, axis=1)
        images = tf.reshape(images, (-1, self.tries, self.side, self.side))
        return tf.gather(images, chosen, axis=1, batch_dims=1)

    def walk(self, numbers: Any, steps: int) -> Any:
        """Images, float32 (B, steps, S, S) in [0, 1], on the way from one latent to another.

        A walk for each number, int64 (B,), through images of one class: that of the number, past
        the last class from the first again. A quarter of a circle leads from end to end: on it,
        each latent is as likely as any other draw, which on a straight line it would not be.
        """
        ends = randomness.normal(randomness.seeds_of_numbers(numbers), 2, 1, self.latent)
        turn = tf.linspace(0.0, math.pi / 2.0, steps)[:, None]
        latents = tf.cos(turn) * ends[:, 0] + tf.sin(turn) * ends[:, 1]  # (B, steps, L)
        wanted = tf.repeat(tf.one_hot(numbers % self.classes, self.classes), steps, axis=0)
        images = self._images(self._tell(tf.reshape(latents, (-1, self.latent)), wanted))
        return tf.reshape(images, (-1, steps, self.side, self.side))

    def realness(self, images: Any) -> Any:
        """The discriminator's probability that images, float (B, S, S) in [0, 1], are real.

        It is told the class; here, each in turn, and the greatest answer counts.
        """
        pixels = self._as_pixels(images)
        if not self.conditional:
            return tf.sigmoid(self.discriminator(pixels, training=False)[:, 0])
        asked = min(_ASKED, self.classes)

        def best(first: Any) -> Any:
            """The greatest logit of as many classes, (B,); past the last, that once more."""
            meant = tf.minimum(first + tf.range(asked), self.classes - 1)
            shown = tf.one_hot(tf.tile(meant, (tf.shape(pixels)[0],)), self.classes)
            told = self._tell(tf.repeat(pixels, asked, axis=0), shown)
            logits = tf.reshape(self.discriminator(told, training=False), (-1, asked))
            return tf.reduce_max(logits, axis=1)

        if asked == self.classes:
            return tf.sigmoid(best(0))
        # Not Python's range, which AutoGraph would change.
        firsts = tf.range(0, self.classes, asked)
        logits = tf.map_fn(best, firsts, parallel_iterations=1, fn_output_signature=tf.float32)
        return tf.sigmoid(tf.reduce_max(logits, axis=0))
