"""Random changes to training images, a batch at a time and without a gather of pixels."""

from __future__ import annotations

import tensorflow as tf


def random_affine(
    images: tf.Tensor, seed: tf.Tensor, shift: float, degrees: float = 0.0, zoom: float = 0.0
) -> tf.Tensor:
    """Moves, turns and scales each image by amounts of its own, with bilinear interpolation.

    Args:
        images: uint8, (B, side, side).
        seed: int64, (2,); the same seed gives the same changes.
        shift: the largest move along each axis, in pixels.
        degrees: the largest turn, either way.
        zoom: the largest change of each axis's scale, as a part of 1.

    Returns:
        uint8, (B, side, side); what comes in from outside is paper (0).
    """
    side = images.shape[1]
    count = tf.shape(images)[0]
    draws = tf.random.stateless_uniform((5, count), seed, minval=-1.0, maxval=1.0)
    angle = draws[0] * (degrees * 3.141592653589793 / 180.0)
    scale_x, scale_y = 1.0 + draws[1] * zoom, 1.0 + draws[2] * zoom
    # An output pixel (x, y) takes its colour from (a x + b y + c, d x + e y + f).
    a, b = tf.cos(angle) * scale_x, -tf.sin(angle) * scale_y
    d, e = tf.sin(angle) * scale_x, tf.cos(angle) * scale_y
    centre = (side - 1) / 2.0  # the point that turning and scaling leave where it is
    c = centre - centre * (a + b) + draws[3] * shift
    f = centre - centre * (d + e) + draws[4] * shift
    zeros = tf.zeros_like(a)
    changed = tf.raw_ops.ImageProjectiveTransformV3(
        images=images[..., None],
        transforms=tf.stack([a, b, c, d, e, f, zeros, zeros], axis=1),  # (B, 8)
        output_shape=(side, side),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
    return tf.reshape(changed, (-1, side, side))
