"""The mine family: an autoencoder whose codes are drawn anew.

An encoder makes a short code of an image, and a decoder an image of a code. Samples are decoded
from codes that are drawn from a Gaussian with the mean and covariance of the training images' codes
(Ghosh et al. 2020, "From Variational to Deterministic Autoencoders").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modules.contract.evaluation import EvaluationSpec, Gate, Scale
from modules.contract.family import Objective, Output, Signature
from modules.contract.hyperparameters import Values, number, whole
from modules.contract.profile import Data, Profile, Training, Tuning
from modules.contract.view import Ask, View
from modules.data.features import LABEL
from modules.data.splits import Split, Splits
from modules.kinds.generator import Generator
from modules.metrics import sample_scores

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

_AT_ONCE = 1000  # images that are encoded together


class Mine(Generator):
    """Dense layers, and a penalty that keeps the codes small."""

    objective = Objective("val_loss", "min")
    served = ("serving_default", "encode", "decode", "sample", "reconstruct")
    same = (
        (
            Output("serving_default", "images"),
            Output("reconstruct", "images"),
            Output("decode", "images", of=Output("encode", "mean")),
        ),
    )
    evaluation = EvaluationSpec(
        signature="evaluation",
        figures=("mse", *sample_scores.FIGURES),
        overall=sample_scores.OVERALL,
        of_class=sample_scores.OF_CLASS,
        by_judge=sample_scores.BY_JUDGE,
        sight=sample_scores.SIGHT,
        gates=(
            Gate("mse", "mse", at_least=False, change="mse_rise", allowed=0.001),
            Gate("coverage", "coverage", scale=Scale.OF_EXAMPLES),
            Gate("coverage", "class_coverage", by=LABEL, scale=Scale.OF_EXAMPLES),
        ),
        headline=("mse", "coverage"),
    )
    hyperparameters = (
        number("learning_rate", 2e-3, "Adam's first learning rate", [1e-3, 2e-3], least=1e-9),
        whole("latent", 16, "numbers that an image is encoded as", [8, 16], most=1000),
        whole("units", 256, "units of each hidden layer", most=4096),
        whole("batch_size", 64, "images per step"),
        number("penalty", 1e-3, "weight of the squares of the codes"),
    )
    profiles = {
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            tuning=Tuning(max_epochs=1, factor=3, images=2_000),
            training=Training(epochs=12),
        ),
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=3, factor=3, images=12_000),
            training=Training(epochs=30),
        ),
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=9, factor=3, images=20_000),
            training=Training(epochs=100),
            hyperparameters={"units": 512},
        ),
    }

    def build(self, values: Values, total_steps: int, seed: int) -> keras.Model:
        """A compiled network: images, uint8 (B, S, S), to what is given back, float32 (B, S * S).

        Its layers `encoder`, from images to codes (B, L), and `decoder` are networks, too.
        """
        import keras
        from keras import layers

        keras.utils.set_random_seed(seed)
        side, units, latent = self.dataset.side, values["units"], values["latent"]
        small = keras.regularizers.L2(values["penalty"])
        encoder = keras.Sequential(
            [
                keras.Input((side, side), dtype="uint8"),
                layers.Rescaling(1.0 / 255.0),
                layers.Flatten(),
                layers.Dense(units, activation="relu"),
                layers.Dense(latent, activity_regularizer=small),
            ],
            name="encoder",
        )
        decoder = keras.Sequential(
            [
                keras.Input((latent,)),
                layers.Dense(units, activation="relu"),
                layers.Dense(self.dataset.pixels, activation="sigmoid"),
            ],
            name="decoder",
        )
        images = keras.Input((side, side), dtype="uint8", name="images")
        given_back = decoder(encoder(images))
        network = keras.Model(images, given_back, name="mine")
        falling = keras.optimizers.schedules.CosineDecay(values["learning_rate"], total_steps)
        optimizer = keras.optimizers.Adam(falling)
        optimizer.build(network.trainable_variables)
        network.compile(
            optimizer,
            loss="binary_crossentropy",
            jit_compile=False,  # XLA makes small networks slower on a CPU
            steps_per_execution=16,  # docs/families.md says why
        )
        return network

    def batches(self, split: Split, values: Values, training: bool, seed: int) -> tf.data.Dataset:
        """Batches of images, uint8 (B, S, S), and what to give back, float32 (B, S * S)."""
        import tensorflow as tf

        from modules.data.images import train_or_held_out

        def both(images: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            wanted = tf.reshape(images, (-1, self.dataset.pixels))
            return images, tf.cast(wanted, tf.float32) / 255.0

        return train_or_held_out(split, values["batch_size"], training, seed).map(both)

    def pictures(self, model: Any, images: np.ndarray) -> dict[str, np.ndarray]:
        """`reconstructions`, while it learns: a row of images above what is made of them."""
        import numpy as np

        from modules.util.pictures import as_grey, grid

        real = images[:10]
        made = as_grey(model(real)).reshape(real.shape)
        return {"reconstructions": grid(np.concatenate([real, made]), len(real))}

    def signatures(self, model: Any, images: np.ndarray, seed: int) -> dict[str, Signature]:
        """Served: encode, decode, sample and reconstruct; "evaluation" gives the facts."""
        import numpy as np
        import tensorflow as tf

        from modules.metrics.samples import SampleFacts, in_batches
        from modules.networks import asked, randomness

        side = self.dataset.side
        encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")
        parts = np.array_split(images, len(images) // _AT_ONCE + 1)
        codes = np.concatenate([encoder(part) for part in parts])  # (N, L)
        latent, centre = codes.shape[1], codes.mean(axis=0)
        # A little more than the covariance, which has no root where a code never varies.
        covariance = np.cov(codes.T).reshape(latent, latent) + 1e-6 * np.eye(latent)
        spread = np.linalg.cholesky(covariance).astype(np.float32)

        def decode(latents: Any) -> Any:
            return tf.reshape(decoder(latents), (-1, side, side))

        def sample(seeds: Any) -> Any:
            noise = randomness.normal(randomness.seeds_of_numbers(seeds), latent)
            return decode(centre + noise @ spread.T)

        def reconstruct(images: Any) -> dict[str, Any]:
            return {"images": decode(encoder(images))}

        about = SampleFacts(in_batches(sample), images, seed, self.eyes)

        def evaluation(images: Any, index: Any) -> dict[str, Any]:
            error = decode(encoder(images)) - tf.cast(images, tf.float32) / 255.0
            mse = tf.reduce_mean(tf.square(error), axis=(1, 2))
            return {"mse": mse, **about.about(images, index)}

        return {
            "serving_default": asked.by_examples(reconstruct, side),
            "encode": asked.by_images(lambda images: {"mean": encoder(images)}, side),
            "decode": asked.by_latents(lambda latents: {"images": decode(latents)}, latent),
            "sample": asked.by_seeds(lambda seeds: {"images": sample(seeds)}),
            "reconstruct": asked.by_images(reconstruct, side),
            "evaluation": asked.by_placed_examples(evaluation, side),
        }

    def figures(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """The evaluation's figures of a slice; see Family."""
        del labels
        found = sample_scores.sample_figures(facts, self.dataset.names)
        return {"mse": float(facts["mse"].mean()), **found}

    def each(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """How well an image is given back, and whether the samples cover it; see Family."""
        del labels
        return {"mse": facts["mse"].reshape(-1), **sample_scores.each_covered(facts)}

    def views(self, ask: Ask, splits: Splits) -> Sequence[View]:
        """Samples."""
        from modules.views.samples import samples

        del splits
        return [samples(ask, self.dataset.side)]


FAMILY = Mine
