"""The mine family: a classifier by convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modules.contract.family import Signature
from modules.contract.hyperparameters import Values, number, share, whole
from modules.contract.profile import Data, Profile, Training, Tuning
from modules.data.splits import Split
from modules.kinds.classifier import Classifier, classifier_signatures
from modules.kinds.keras_family import KerasFamily

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf


class Mine(Classifier, KerasFamily):
    """Two convolutions, each of which halves the image, and a dense layer."""

    hyperparameters = (
        number("learning_rate", 3e-3, "Adam's first learning rate", [1e-3, 3e-3], least=1e-9),
        whole("channels", 16, "feature maps of the first convolution", [8, 16], most=512),
        whole("units", 64, "units of the dense layer", most=4096),
        share("dropout", 0.2, "share of the dense layer's units dropped in training"),
        whole("batch_size", 64, "images per step"),
        number("shift", 1.0, "largest shift of training images, in pixels", most=64),
    )
    profiles = {
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            tuning=Tuning(max_epochs=1, factor=3, images=2_000),
            training=Training(epochs=6),
        ),
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=3, factor=3, images=12_000),
            training=Training(epochs=12),
        ),
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=6, factor=3, images=20_000),
            training=Training(epochs=40),
            hyperparameters={"channels": 32, "units": 128},
        ),
    }

    def build(self, values: Values, total_steps: int, seed: int) -> keras.Model:
        """A compiled network: images, uint8 (B, S, S), to probabilities, float32 (B, K)."""
        import keras
        from keras import layers

        keras.utils.set_random_seed(seed)
        side, channels = self.dataset.side, values["channels"]
        network = keras.Sequential(
            [
                keras.Input((side, side), dtype="uint8", name="images"),
                layers.Rescaling(1.0 / 255.0),
                layers.Reshape((side, side, 1)),
                layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu"),
                layers.Conv2D(2 * channels, 3, strides=2, padding="same", activation="relu"),
                layers.Flatten(),
                layers.Dense(values["units"], activation="relu"),
                layers.Dropout(values["dropout"]),
                layers.Dense(self.dataset.classes, activation="softmax", name="probabilities"),
            ],
            name="mine",
        )
        falling = keras.optimizers.schedules.CosineDecay(values["learning_rate"], total_steps)
        optimizer = keras.optimizers.Adam(falling)
        optimizer.build(network.trainable_variables)
        network.compile(
            optimizer,
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=False,  # XLA makes small networks slower on a CPU
            steps_per_execution=16,  # docs/families.md says why
        )
        return network

    def batches(self, split: Split, values: Values, training: bool, seed: int) -> tf.data.Dataset:
        """Batches of images, uint8 (B, S, S), and labels, int64 (B,); shifted to train."""
        from modules.data.augment import random_affine
        from modules.data.images import train_or_held_out

        def shifted(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            return random_affine(images, seed, shift=values["shift"])

        return train_or_held_out(split, values["batch_size"], training, seed, shifted)

    def signatures(self, model: Any, images: np.ndarray, seed: int) -> dict[str, Signature]:
        """Serving by serialized tf.Examples and by raw images."""
        del images, seed
        return classifier_signatures(
            lambda images: model(images, training=False), self.dataset.side
        )


FAMILY = Mine
