"""The GAN itself: how it learns, and how it is followed while it learns.

Goodfellow et al. 2014, with the non-saturating loss of the generator. Both networks are told the
class (Mirza and Osindero 2014, "Conditional Generative Adversarial Nets").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from modules.contract.hyperparameters import Values
from modules.metrics.frechet import FrechetDistance
from modules.metrics.judge_weights import FEATURES
from modules.networks import randomness
from modules.networks.gan_sampling import Sampler
from modules.networks.known_classes import KnownClasses
from modules.networks.live import following

if TYPE_CHECKING:
    from modules.metrics.judge import Judge

_OPTIMIZERS = ("generator_optimizer", "discriminator_optimizer")
_OPTIONS = ("steps_per_execution", "jit_compile", "run_eagerly")  # of Keras's compile


def _cross_entropy(logits: Any, wanted: Any) -> Any:
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(
            labels=tf.fill(tf.shape(logits), tf.cast(wanted, logits.dtype)), logits=logits
        )
    )


@keras.saving.register_keras_serializable(package="triptych")
class Gan(Sampler):
    """A GAN that is trained; `fit` takes batches of (images, labels), images uint8.

    Args:
        values: of the hyperparameters; learning_rate, dropout, label_smoothing, average, beta_1
            and r1 may be live.
        side: S, of an image, in pixels; P is S * S.
        classes: K, how many there are.
        judge: reads the samples of each validation; has to know images of this kind by then. One
            that was saved brings its own.
    """

    def __init__(self, values: Values, side: int, classes: int, judge: Judge | None = None) -> None:
        super().__init__(values, side, classes)
        self.judge = judge
        self.decay = values["average"]
        self.real_label = following(lambda share: 1.0 - share, values["label_smoothing"])
        self.r1, self.r1_every = values["r1"], max(1, values["r1_every"])
        self.slope_weight = following(lambda weight: 0.5 * weight * self.r1_every, self.r1)
        # Last, so that the first weights do not depend on it.
        self.noise = keras.random.SeedGenerator()
        self.trackers = [
            keras.metrics.Mean(name=name) for name in ("generator_loss", "discriminator_loss")
        ]
        self.distance = FrechetDistance(FEATURES, name="frechet")
        self.known = KnownClasses(classes, name="classes")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [*self.trackers, self.distance, self.known]

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        **options: Any,
    ) -> None:
        """Takes an optimizer for each network, and builds it; the options are Keras's."""
        super().compile(generator_optimizer, **options)
        self.generator_optimizer = generator_optimizer
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer = discriminator_optimizer
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def get_compile_config(self) -> dict[str, Any] | None:
        """What `compile` was given, None if it was not; Keras writes it into a `.keras` file."""
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        optimizers = {name: serialize(getattr(self, name)) for name in _OPTIMIZERS}
        return {**optimizers, **{name: getattr(self, name) for name in _OPTIONS}}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as `get_compile_config` says; Keras calls this."""
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**{**config, **{name: deserialize(config[name]) for name in _OPTIMIZERS}})

    def save_assets(self, folder: str) -> None:
        """Puts the judge beside the weights in a `.keras` file; Keras calls this."""
        if self.judge:
            self.judge.save(folder)

    def load_assets(self, folder: str) -> None:
        """Takes the judge from a `.keras` file; Keras calls this."""
        from modules.metrics.judge import load

        self.judge = load(folder)

    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """One step of the discriminator, one of the generator, one of the average."""
        chance = randomness.of_step(self.noise, self.generator_optimizer)
        real = tf.cast(tf.reshape(data[0], (-1, self.pixels)), tf.float32) / 127.5 - 1.0
        count = tf.shape(real)[0]
        shown = tf.one_hot(tf.reshape(data[1], (-1,)), self.classes)
        self.counts.assign_add(tf.reduce_sum(shown, axis=0))
        real = self.tell(real, shown)
        noise = self.tell(chance.normal((count, self.latent)), shown)
        generated = self.tell(self.generator(noise, training=True), shown)
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
            noise = self.tell(chance.normal((count, self.latent)), shown)
            generated = self.tell(self.generator(noise, training=True), shown)
            generator_loss = _cross_entropy(self.discriminator(generated, training=True), 1.0)
        self._step(tape, generator_loss, self.generator, self.generator_optimizer)
        self._follow_generator()
        for tracker, loss in zip(self.trackers, (generator_loss, discriminator_loss), strict=True):
            tracker.update_state(loss)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def _follow_generator(self) -> None:
        """Moves the average; it forgets faster at first, or it would hold on to the untrained."""
        step = tf.cast(self.generator_optimizer.iterations, tf.float32)
        new = 1.0 - tf.minimum(tf.cast(self.decay, tf.float32), (1.0 + step) / (10.0 + step))
        for mean, weight in zip(self.average.variables, self.generator.variables, strict=True):
            mean.assign_sub(new * (mean - weight))

    def _step(self, tape: Any, loss: Any, network: keras.Model, optimizer: Any) -> None:
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    def _slope_term(self, real: Any) -> Any:
        """R1 in one step of so many, and that much heavier: the same on average for less work.

        Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 3.1.
        """
        weight = tf.cast(self.slope_weight, tf.float32)
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
            ValueError: there is no judge, or it reads other images than these.
        """
        if self.judge is None:
            raise ValueError("there is no judge that could read the samples")
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
