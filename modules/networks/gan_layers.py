"""The GAN's two networks, by the widths of many a tutorial or by convolutions."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from modules.contract.hyperparameters import Values
from modules.networks.dropout import Dropout

_SLOPE = 0.2  # of LeakyReLU below zero


def _kind(values: Values) -> str:
    return "mixed_bfloat16" if values["bfloat16"] else "float32"


def _active(hidden: Any, values: Values) -> Any:
    if values["batch_norm"]:
        hidden = layers.BatchNormalization(momentum=0.9)(hidden)
    return layers.LeakyReLU(negative_slope=_SLOPE)(hidden)


def _dense_layers(hidden: Any, values: Values, side: int) -> Any:
    """From latents (B, L) to pixels (B, P), before the tanh."""
    for layer in range(values["generator_layers"]):
        width = values["units"] * 2**layer
        hidden = _active(layers.Dense(width, dtype=_kind(values))(hidden), values)
    return layers.Dense(side * side, dtype="float32")(hidden)


def _conv_layers(hidden: Any, values: Values, side: int) -> Any:
    """The same by way of feature maps of a quarter and half the side, of 28 pixels 7 and 14.

    Radford et al. 2016, "DCGAN". Where 4 does not divide the side, they make up to 3 rows and
    columns too many, which are cut off.
    """
    channels, first = values["channels"], -(-side // 4)
    width = first * first * 2 * channels
    hidden = _active(layers.Dense(width, dtype=_kind(values))(hidden), values)
    hidden = layers.Reshape((first, first, 2 * channels))(hidden)
    hidden = layers.Conv2DTranspose(channels, 4, 2, "same", dtype=_kind(values))(hidden)
    hidden = layers.Conv2DTranspose(1, 4, 2, "same", dtype="float32")(_active(hidden, values))
    if extra := 4 * first - side:
        ends = (extra // 2, extra - extra // 2)
        hidden = layers.Cropping2D((ends, ends))(hidden)
    return layers.Reshape((side * side,))(hidden)


def generator_network(values: Values, name: str, side: int, told: int) -> keras.Model:
    """From latents, followed by a class if it is told, to pixels in [-1, 1], (B, P).

    Args:
        values: of the hyperparameters.
        name: of the network.
        side: S, of an image, in pixels; P is S * S.
        told: how many numbers tell the network which class is meant.
    """
    latents = keras.Input((values["latent"] + told,))
    make = _conv_layers if values["generator"] == "conv" else _dense_layers
    pixels = layers.Activation("tanh", dtype="float32")(make(latents, values, side))
    return keras.Model(latents, pixels, name=name)


def discriminator_network(values: Values, side: int, told: int) -> keras.Model:
    """From pixels in [-1, 1], followed by a class if it is told, to logits of being real, (B, 1).

    The arguments are those of generator_network.
    """
    first = hidden = keras.Input((side * side + told,))
    for width in (2 * values["units"], values["units"]):
        layer = layers.Dense(width, dtype=_kind(values))
        if values["spectral_norm"]:
            layer = layers.SpectralNormalization(layer)
        hidden = layers.LeakyReLU(negative_slope=_SLOPE)(layer(hidden))
        if values["dropout"]:
            hidden = Dropout(values["dropout"])(hidden)
    return keras.Model(first, layers.Dense(1, dtype="float32")(hidden), name="discriminator")
