"""How a GAN samples, and how it is asked what is real: its networks, whoever trains them."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from modules.contract.hyperparameters import Values
from modules.networks import randomness
from modules.networks.gan_layers import discriminator_network, generator_network
from modules.networks.live import plain_values

# Classes that the discriminator is asked about at once: each takes a copy of the batch.
_ASKED = 10


class Sampler(keras.Model):
    """A generator, the average of its weights, which is what draws, and a discriminator.

    Called with images, uint8 (B, S, S), it says how real they look, float32 (B,) in [0, 1].

    Args:
        values: of the hyperparameters.
        side: S, of an image, in pixels; P is S * S.
        classes: K, how many there are.

    Attributes:
        counts: how many images of each class were trained on, (K,), and 1 more.
    """

    def __init__(self, values: Values, side: int, classes: int) -> None:
        super().__init__(name="gan")
        self.values = dict(values)
        self.made_of = {"side": side, "classes": classes}
        self.side = side
        self.pixels = side * side
        self.classes = classes
        self.latent = values["latent"]
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
        self.built = True

    def get_config(self) -> dict[str, Any]:
        return {"values": plain_values(self.values), **self.made_of}

    def call(self, images: Any, training: bool | None = None) -> Any:
        del training
        return self.realness(tf.cast(images, tf.float32) / 255.0)

    def tell(self, inputs: Any, shown: Any) -> Any:
        """Latents or pixels, (B, L) or (B, P), followed by the class that they are of, (B, K)."""
        return tf.concat([inputs, shown], axis=1) if self.conditional else inputs

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
        images = self._images(self.tell(latents, wanted))
        told = self.tell(self._as_pixels(images), wanted)
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
        images = self._images(self.tell(tf.reshape(latents, (-1, self.latent)), wanted))
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
            told = self.tell(tf.repeat(pixels, asked, axis=0), shown)
            logits = tf.reshape(self.discriminator(told, training=False), (-1, asked))
            return tf.reduce_max(logits, axis=1)

        if asked == self.classes:
            return tf.sigmoid(best(0))
        # Not Python's range, which AutoGraph would change.
        firsts = tf.range(0, self.classes, asked)
        logits = tf.map_fn(best, firsts, parallel_iterations=1, fn_output_signature=tf.float32)
        return tf.sigmoid(tf.reduce_max(logits, axis=0))
