"""The GAN's two networks, by the widths of many a tutorial or by convolutions."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from modules.contract.hyperparameters import Values
from modules.data.features import CLASSES, PIXELS

_SLOPE = 0.2  # of LeakyReLU below zero


def _kind(values: Values) -> str:
    return "mixed_bfloat16" if values["bfloat16"] else "float32"


def _told(values: Values) -> int:
    """How many numbers tell the networks which digit is meant."""
    return CLASSES if values["conditional"] else 0


def _active(hidden: Any, values: Values) -> Any:
    if values["batch_norm"]:
        hidden = layers.BatchNormalization(momentum=0.9)(hidden)
    return layers.LeakyReLU(negative_slope=_SLOPE)(hidden)


def _dense_layers(hidden: Any, values: Values) -> Any:
    """From latents (B, L) to pixels (B, 784), before the tanh."""
    for layer in range(values["generator_layers"]):
        width = values["units"] * 2**layer
        hidden = _active(layers.Dense(width, dtype=_kind(values))(hidden), values)
    return layers.Dense(PIXELS, dtype="float32")(hidden)


def _conv_layers(hidden: Any, values: Values) -> Any:
    """The same by way of 7 x 7 and 14 x 14 feature maps (Radford et al. 2016, "DCGAN")."""
    channels = values["channels"]
    hidden = _active(layers.Dense(7 * 7 * 2 * channels, dtype=_kind(values))(hidden), values)
    hidden = layers.Reshape((7, 7, 2 * channels))(hidden)
    hidden = layers.Conv2DTranspose(channels, 4, 2, "same", dtype=_kind(values))(hidden)
    hidden = layers.Conv2DTranspose(1, 4, 2, "same", dtype="float32")(_active(hidden, values))
    return layers.Reshape((PIXELS,))(hidden)


def generator_network(values: Values, name: str) -> keras.Model:
    """From latents, followed by a digit if it is told, (B, L [+ 10]), to pixels in [-1, 1]."""
    latents = keras.Input((values["latent"] + _told(values),))
    make = _conv_layers if values["generator"] == "conv" else _dense_layers
    pixels = layers.Activation("tanh", dtype="float32")(make(latents, values))
    return keras.Model(latents, pixels, name=name)


def discriminator_network(values: Values) -> keras.Model:
    """From pixels in [-1, 1], followed by a digit if it is told, to logits of being real."""
    first = hidden = keras.Input((PIXELS + _told(values),))
    for width in (2 * values["units"], values["units"]):
        layer = layers.Dense(width, dtype=_kind(values))
        if values["spectral_norm"]:
            layer = layers.SpectralNormalization(layer)
        hidden = layers.LeakyReLU(negative_slope=_SLOPE)(layer(hidden))
        if values["dropout"]:
            hidden = layers.Dropout(values["dropout"])(hidden)
    return keras.Model(first, layers.Dense(1, dtype="float32")(hidden), name="discriminator")
