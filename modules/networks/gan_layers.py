"""The GAN's two networks, by the widths of many a tutorial or by convolutions."""

from __future__ import annotations

from typing import Any

import keras
import keras_tuner
from keras import layers

from modules.data.features import CLASSES, PIXELS

_SLOPE = 0.2  # of LeakyReLU below zero


def _kind(hp: keras_tuner.HyperParameters) -> str:
    return "mixed_bfloat16" if hp.get("bfloat16") else "float32"


def _told(hp: keras_tuner.HyperParameters) -> int:
    """How many numbers tell the networks which digit is meant."""
    return CLASSES if hp.get("conditional") else 0


def _active(hidden: Any, hp: keras_tuner.HyperParameters) -> Any:
    if hp.get("batch_norm"):
        hidden = layers.BatchNormalization(momentum=0.9)(hidden)
    return layers.LeakyReLU(negative_slope=_SLOPE)(hidden)


def _dense_layers(hidden: Any, hp: keras_tuner.HyperParameters) -> Any:
    """From latents (B, L) to pixels (B, 784), before the tanh."""
    for layer in range(hp.get("generator_layers")):
        width = hp.get("units") * 2**layer
        hidden = _active(layers.Dense(width, dtype=_kind(hp))(hidden), hp)
    return layers.Dense(PIXELS, dtype="float32")(hidden)


def _conv_layers(hidden: Any, hp: keras_tuner.HyperParameters) -> Any:
    """The same by way of 7 x 7 and 14 x 14 feature maps (Radford et al. 2016, "DCGAN")."""
    channels = hp.get("channels")
    hidden = _active(layers.Dense(7 * 7 * 2 * channels, dtype=_kind(hp))(hidden), hp)
    hidden = layers.Reshape((7, 7, 2 * channels))(hidden)
    hidden = layers.Conv2DTranspose(channels, 4, 2, "same", dtype=_kind(hp))(hidden)
    hidden = layers.Conv2DTranspose(1, 4, 2, "same", dtype="float32")(_active(hidden, hp))
    return layers.Reshape((PIXELS,))(hidden)


def generator_network(hp: keras_tuner.HyperParameters, name: str) -> keras.Model:
    """From latents, followed by a digit if it is told, (B, L [+ 10]), to pixels in [-1, 1]."""
    latents = keras.Input((hp.get("latent") + _told(hp),))
    make = _conv_layers if hp.get("generator") == "conv" else _dense_layers
    pixels = layers.Activation("tanh", dtype="float32")(make(latents, hp))
    return keras.Model(latents, pixels, name=name)


def discriminator_network(hp: keras_tuner.HyperParameters) -> keras.Model:
    """From pixels in [-1, 1], followed by a digit if it is told, to logits of being real."""
    first = hidden = keras.Input((PIXELS + _told(hp),))
    for width in (2 * hp.get("units"), hp.get("units")):
        layer = layers.Dense(width, dtype=_kind(hp))
        if hp.get("spectral_norm"):
            layer = layers.SpectralNormalization(layer)
        hidden = layers.LeakyReLU(negative_slope=_SLOPE)(layer(hidden))
        if hp.get("dropout"):
            hidden = layers.Dropout(hp.get("dropout"))(hidden)
    return keras.Model(first, layers.Dense(1, dtype="float32")(hidden), name="discriminator")
