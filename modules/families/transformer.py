"""The transformer family: an image classifier whose tokens are patches of the image.

The encoder of Vaswani et al. 2017 on image patches (Dosovitskiy et al. 2021, "An Image is Worth
16x16 Words"), which are either projected as they are or read by a small convolutional stem (Xiao et
al. 2021, "Early Convolutions Help Transformers See Better").
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from keras import layers, ops

from modules.contract.family import Evaluation, Gate, Objective, Signature
from modules.data.augment import random_affine
from modules.data.features import CLASSES, IMAGE_SIDE, LABEL, STROKE
from modules.data.images import parse_images, train_or_held_out
from modules.metrics.classifier_scores import AVERAGES, BY_CLASS, classifier_scores
from modules.networks.attention import EncoderLayer, dense_2d
from modules.networks.schedules import rise_and_fall

OBJECTIVE = Objective("val_accuracy", "max")
SIGNATURES = ("serving_default", "serving_images")
EVALUATION = Evaluation(
    signature="serving_default",
    prediction="probabilities",
    standard=(
        ("SparseCategoricalAccuracy", "accuracy"),
        ("SparseCategoricalCrossentropy", "cross_entropy"),
        ("MultiClassConfusionMatrixPlot", "confusion"),
    ),
    figures=AVERAGES,
    by_class=BY_CLASS,
    gates=(
        Gate("accuracy", "accuracy", change="accuracy_drop"),
        Gate("accuracy", "digit_accuracy", by=LABEL),
        Gate("accuracy", "stroke_accuracy", by=STROKE),
        Gate("cross_entropy", "cross_entropy", at_least=False),
        Gate("auc_macro", "auc"),
    ),
    headline=("accuracy",),
)

_PATCH = 7  # pixels; 28 / 7 = 4 patches a side, and 3 halvings of 28 give 4 as well
_STEPS_PER_CALL = 16  # steps that run in the graph before Python hears of them


def search_space(hp: keras_tuner.HyperParameters) -> None:
    """Declares every hyperparameter, with its default.

    The Choices are what a search may pick from; the Fixed ones can be set by hand.
    """
    hp.Choice("stem", ["conv", "patch"], default="conv")
    hp.Choice("learning_rate", [2e-3, 3e-3, 5e-3], default=3e-3)
    hp.Choice("layers", [1, 2], default=2)
    hp.Choice("weight_decay", [1e-4, 1e-2, 5e-2], default=1e-2)
    hp.Fixed("features", 64)
    hp.Fixed("heads", 4)
    hp.Fixed("hidden", 128)
    hp.Fixed("dropout", 0.0)
    hp.Fixed("pre_norm", True)
    hp.Fixed("batch_size", 64)
    hp.Fixed("label_smoothing", 0.0)
    hp.Fixed("shift", 2.0)
    hp.Fixed("turn", 0.0)
    hp.Fixed("zoom", 0.0)


@keras.saving.register_keras_serializable(package="triptych")
class Patches(layers.Layer):
    """Cuts an image into square patches and projects each to a token.

    Args:
        side: of a patch, in pixels; must divide the image's.
        features: D, of a token.
    """

    def __init__(self, side: int, features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.side = side
        self.features = features
        self.project = layers.Dense(features, name="project")

    def build(self, shape: tuple[int | None, ...]) -> None:
        if any(size is None or size % self.side for size in shape[1:3]):
            raise ValueError(f"patches of {self.side} pixels do not divide an image of {shape[1:]}")
        self.project.build((None, self.side * self.side * (shape[3] or 1)))

    def call(self, images: Any) -> Any:
        """From images, float (B, h, w, C), to tokens, (B, h/side * w/side, D), row by row."""
        _, height, width, channels = images.shape
        rows, columns = height // self.side, width // self.side
        # (B, h, w, C) -> (B, rows, side, columns, side, C)
        cut = ops.reshape(images, (-1, rows, self.side, columns, self.side, channels))
        cut = ops.transpose(cut, (0, 1, 3, 2, 4, 5))  # (B, rows, columns, side, side, C)
        flat = ops.reshape(cut, (-1, rows * columns, self.side * self.side * channels))
        return dense_2d(self.project, flat)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "side": self.side, "features": self.features}


@keras.saving.register_keras_serializable(package="triptych")
class Positions(layers.Layer):
    """Adds a learnt vector to each token, by its place: without it, order means nothing."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.table = self.add_weight(
            shape=shape[1:], initializer=keras.initializers.RandomNormal(stddev=0.02), name="table"
        )

    def call(self, tokens: Any) -> Any:
        """From tokens, float (B, T, D), to tokens of the same shape."""
        return tokens + self.table


def _conv_stem(images: Any, features: int) -> Any:
    """Three convolutions, each of which halves the image: (B, 28, 28, 1) to (B, 16, D)."""
    for channels in (features // 4, features // 2, features):
        images = layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False)(images)
        images = layers.BatchNormalization(momentum=0.9)(images)
        images = layers.ReLU()(images)
    return layers.Reshape((-1, features))(images)  # (B, 4, 4, D) -> (B, 16, D)


def classifier(hp: keras_tuner.HyperParameters) -> keras.Model:
    """The network: images, uint8 (B, 28, 28), to probabilities, float32 (B, 10)."""
    features = hp.get("features")
    pixels = keras.Input((IMAGE_SIDE, IMAGE_SIDE), dtype="uint8", name="images")
    images = layers.Rescaling(1.0 / 255.0)(pixels)
    images = layers.Reshape((IMAGE_SIDE, IMAGE_SIDE, 1))(images)
    if hp.get("stem") == "conv":
        tokens = _conv_stem(images, features)
    else:
        tokens = Patches(_PATCH, features)(images)
    tokens = Positions()(tokens)
    for _ in range(hp.get("layers")):
        tokens = EncoderLayer(
            hp.get("heads"), hp.get("hidden"), hp.get("dropout"), hp.get("pre_norm")
        )(tokens)
    if hp.get("pre_norm"):
        tokens = layers.LayerNormalization(epsilon=1e-6)(tokens)
    pooled = layers.GlobalAveragePooling1D()(tokens)  # (B, T, D) -> (B, D)
    logits = layers.Dense(CLASSES, name="logits")(pooled)
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(pixels, probabilities, name="transformer")


def build(hp: keras_tuner.HyperParameters, total_steps: int, seed: int) -> keras.Model:
    """A compiled classifier.

    Args:
        hp: the hyperparameters of search_space.
        total_steps: how many steps training will take.
        seed: for the weights' first values.
    """
    keras.utils.set_random_seed(seed)
    model = classifier(hp)
    schedule = rise_and_fall(hp.get("learning_rate"), total_steps)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=hp.get("weight_decay"))
    # No decay for what has no direction to shrink: biases and the gains of norms.
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "table"])
    # Now, in eager mode: variables that are made while a step is traced have it traced twice.
    optimizer.build(model.trainable_variables)
    model.compile(
        optimizer,
        loss=functools.partial(_cross_entropy, smoothing=hp.get("label_smoothing")),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        # Measured: XLA makes these small products slower on a CPU.
        jit_compile=False,
        steps_per_execution=_STEPS_PER_CALL,
    )
    return model


def _cross_entropy(labels: Any, probabilities: Any, smoothing: float) -> Any:
    wanted = ops.one_hot(ops.reshape(ops.cast(labels, "int32"), (-1,)), CLASSES)
    return keras.losses.categorical_crossentropy(wanted, probabilities, label_smoothing=smoothing)


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    hp: keras_tuner.HyperParameters,
    training: bool,
    seed: int,
) -> tf.data.Dataset:
    """Batches of images, uint8 (B, 28, 28), and labels, int64 (B,); training ones are varied."""
    change = functools.partial(
        random_affine, shift=hp.get("shift"), degrees=hp.get("turn"), zoom=hp.get("zoom")
    )
    return train_or_held_out(images, labels, hp.get("batch_size"), training, seed, change)


def collapsed(logs: Mapping[str, float]) -> str:
    """A classifier that learns nothing is refused by its gates."""
    del logs
    return ""


def pictures(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """None: it makes no images."""
    del model, images
    return {}


def signatures(model: keras.Model, images: np.ndarray, seed: int) -> dict[str, Signature]:
    """Serving by serialized tf.Examples ("serving_default") and by raw images."""
    del images, seed

    def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": model(parse_images(examples), training=False)}

    def serve_images(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": model(images, training=False)}

    raw = tf.TensorSpec((None, IMAGE_SIDE, IMAGE_SIDE), tf.uint8, name="images")
    return {
        "serving_default": Signature(
            serve_examples, [tf.TensorSpec((None,), tf.string, name="examples")]
        ),
        "serving_images": Signature(serve_images, [raw]),
    }


def figures(labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """EVALUATION's figures of a slice; see Family."""
    return classifier_scores(labels, facts["probabilities"].reshape(-1, CLASSES))


def notes() -> dict[str, Any]:
    """What a reader of the results has to know: nothing here."""
    return {}
