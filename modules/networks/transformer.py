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
from modules.networks.attention import EncoderLayer, dense_2d

_TOKENS = 4  # along a side: what the stems come near to; 28 pixels are 4 patches of 7


@keras.saving.register_keras_serializable(package="triptych")
class Patches(layers.Layer):
    """Cuts an image into square patches and projects each to a token.

    An image whose side is no multiple of theirs gets a border of paper first.

    Args:
        side: of a patch, in pixels.
        width: D, the numbers of a token.
    """

    def __init__(self, side: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.side = side
        self.width = width
        self.project = layers.Dense(width, name="project")

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.project.build((None, self.side * self.side * (shape[3] or 1)))

    def call(self, images: Any) -> Any:
        """From images, float (B, h, w, C), to tokens, (B, ⌈h/side⌉ * ⌈w/side⌉, D), row by row."""
        _, height, width, channels = images.shape
        rows, columns = -(-height // self.side), -(-width // self.side)
        down, across = rows * self.side - height, columns * self.side - width
        if down or across:
            border = [(extra // 2, extra - extra // 2) for extra in (0, down, across, 0)]
            images = ops.pad(images, border)
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
    """Convolutions, each of which halves the image, while 4 x 4 or more is left of it."""
    side, halvings = images.shape[1], 0
    while (half := -(-side // 2)) >= _TOKENS:
        side, halvings = half, halvings + 1
    for still_to_come in reversed(range(halvings)):
        channels = max(1, width >> still_to_come)
        images = layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False)(images)
        images = layers.BatchNormalization(momentum=0.9)(images)
        images = layers.ReLU()(images)
    return layers.Reshape((-1, width))(images)  # (B, s, s, D) -> (B, s*s, D)


def tokens_of(images: Any, stem: str, width: int) -> Any:
    """Makes tokens of images.

    Args:
        images: float, (B, S, S, 1), S from 8 to 64.
        stem: "conv" or "patch".
        width: D, the numbers of a token.

    Returns:
        float, (B, T, D), T from 9 to 36: 16 where S is 28.
    """
    if stem == "conv":
        return _conv_stem(images, width)
    return Patches(-(-images.shape[1] // _TOKENS), width)(images)


def classifier(values: Values, side: int, classes: int) -> keras.Model:
    """The network: images, uint8 (B, S, S), to probabilities, float32 (B, K).

    Args:
        values: of the hyperparameters.
        side: S, of an image, in pixels; from 8 to 64.
        classes: K, how many there are.
    """
    pixels = keras.Input((side, side), dtype="uint8", name="images")
    images = layers.Rescaling(1.0 / 255.0)(pixels)
    images = layers.Reshape((side, side, 1))(images)
    tokens = Positions()(tokens_of(images, values["stem"], values["width"]))
    for _ in range(values["layers"]):
        tokens = EncoderLayer(
            values["heads"], values["hidden"], values["dropout"], values["pre_norm"]
        )(tokens)
    if values["pre_norm"]:
        tokens = layers.LayerNormalization(epsilon=1e-6)(tokens)
    pooled = layers.GlobalAveragePooling1D()(tokens)  # (B, T, D) -> (B, D)
    logits = layers.Dense(classes, name="logits")(pooled)
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(pixels, probabilities, name="transformer")


def attention_weights(model: keras.Model, images: Any) -> Any:
    """How a classifier's encoder layers weigh the tokens of images.

    Args:
        model: that `classifier` gave.
        images: uint8, (B, S, S).

    Returns:
        float32, (B, layers, H, T, T): how much a token takes from each; these add up to 1.
    """
    tokens, found = images, []
    for layer in model.layers[1:]:  # each follows the one before it
        if isinstance(layer, EncoderLayer):
            tokens, weights = layer(tokens, training=False, return_weights=True)
            found.append(weights)
        else:
            tokens = layer(tokens, training=False)
    return ops.stack(found, axis=1)
