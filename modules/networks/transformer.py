"""A vision transformer: an image classifier whose tokens are patches of the image.

The encoder of Vaswani et al. 2017 on image patches (Dosovitskiy et al. 2021, "An Image is Worth
16x16 Words"), which are either projected as they are or read by a small convolutional stem (Xiao et
al. 2021, "Early Convolutions Help Transformers See Better").
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from modules.contract.hyperparameters import Values
from modules.data.features import CLASSES, IMAGE_SIDE
from modules.networks.attention import EncoderLayer, dense_2d

_PATCH = 7  # pixels; 28 / 7 = 4 patches a side, and 3 halvings of 28 give 4 as well


@keras.saving.register_keras_serializable(package="triptych")
class Patches(layers.Layer):
    """Cuts an image into square patches and projects each to a token.

    Args:
        side: of a patch, in pixels; must divide the image's.
        width: D, the numbers of a token.
    """

    def __init__(self, side: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.side = side
        self.width = width
        self.project = layers.Dense(width, name="project")

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
        return {**super().get_config(), "side": self.side, "width": self.width}


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


def _conv_stem(images: Any, width: int) -> Any:
    """Three convolutions, each of which halves the image: (B, 28, 28, 1) to (B, 16, D)."""
    for channels in (width // 4, width // 2, width):
        images = layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False)(images)
        images = layers.BatchNormalization(momentum=0.9)(images)
        images = layers.ReLU()(images)
    return layers.Reshape((-1, width))(images)  # (B, 4, 4, D) -> (B, 16, D)


def classifier(values: Values) -> keras.Model:
    """The network: images, uint8 (B, 28, 28), to probabilities, float32 (B, 10)."""
    width = values["width"]
    pixels = keras.Input((IMAGE_SIDE, IMAGE_SIDE), dtype="uint8", name="images")
    images = layers.Rescaling(1.0 / 255.0)(pixels)
    images = layers.Reshape((IMAGE_SIDE, IMAGE_SIDE, 1))(images)
    if values["stem"] == "conv":
        tokens = _conv_stem(images, width)
    else:
        tokens = Patches(_PATCH, width)(images)
    tokens = Positions()(tokens)
    for _ in range(values["layers"]):
        tokens = EncoderLayer(
            values["heads"], values["hidden"], values["dropout"], values["pre_norm"]
        )(tokens)
    if values["pre_norm"]:
        tokens = layers.LayerNormalization(epsilon=1e-6)(tokens)
    pooled = layers.GlobalAveragePooling1D()(tokens)  # (B, T, D) -> (B, D)
    logits = layers.Dense(CLASSES, name="logits")(pooled)
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(pixels, probabilities, name="transformer")
