"""The ways in which an exported model is asked: a signature for each kind of request.

Whatever a model can be asked about, a request is checked example by example, and none gets an
answer of none: layers that cannot do with an empty batch are shown one that is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from modules.contract.family import Signature
from modules.data import requests
from modules.data.images import parse_images, parse_placed_images

# From tensors with a row an example, of which there is one at least, to named tensors of as many.
Answer = Callable[..., Mapping[str, Any]]


def by_examples(answer: Answer, side: int) -> Signature:
    """Asked by `examples`, serialized tf.Examples; the answer is to their images.

    Args:
        answer: takes images, uint8 (B, S, S).
        side: S, of an image, in pixels.
    """

    def ask(examples: tf.Tensor) -> dict[str, Any]:
        return _answer(answer, parse_images(examples, side))

    return Signature(ask, [tf.TensorSpec((None,), tf.string, name="examples")])


def by_placed_examples(answer: Answer, side: int) -> Signature:
    """Asked by `examples`, for an evaluation.

    Args:
        answer: takes images, uint8 (B, S, S), and their places among the test images, int64 (B,).
        side: S, of an image, in pixels.
    """

    def ask(examples: tf.Tensor) -> dict[str, Any]:
        return _answer(answer, *parse_placed_images(examples, side))

    return Signature(ask, [tf.TensorSpec((None,), tf.string, name="examples")])


def by_images(answer: Answer, side: int) -> Signature:
    """Asked by `images`, which the answer takes: uint8 (B, S, S)."""

    def ask(images: tf.Tensor) -> dict[str, Any]:
        return _answer(answer, requests.shaped(images, side, side))

    return Signature(ask, [tf.TensorSpec((None, side, side), tf.uint8, name="images")])


def by_seeds(answer: Answer) -> Signature:
    """Asked by `seeds`, which the answer takes: int64 (B,), any."""

    def ask(seeds: tf.Tensor) -> dict[str, Any]:
        return _answer(answer, requests.shaped(seeds))

    return Signature(ask, [tf.TensorSpec((None,), tf.int64, name="seeds")])


def by_latents(answer: Answer, width: int) -> Signature:
    """Asked by `latents`, which the answer takes: float32 (B, L), finite; L is the width."""

    def ask(latents: tf.Tensor) -> dict[str, Any]:
        return _answer(answer, requests.finite(requests.shaped(latents, width), "latents"))

    return Signature(ask, [tf.TensorSpec((None, width), tf.float32, name="latents")])


def by_classes(answer: Answer, count: int) -> Signature:
    """Asked by `classes`, which the answer takes: int64 (B,), from 0 to one less than `count`."""

    def ask(classes: tf.Tensor) -> dict[str, Any]:
        return _answer(answer, requests.below(requests.shaped(classes), "class", count))

    return Signature(ask, [tf.TensorSpec((None,), tf.int64, name="classes")])


def _answer(answer: Answer, *inputs: Any) -> dict[str, Any]:
    count = tf.shape(inputs[0])[0]
    lacking = 1 - tf.minimum(count, 1)
    shown = [
        tf.concat([rows, tf.zeros([lacking, *rows.shape[1:]], rows.dtype)], axis=0)
        for rows in inputs
    ]
    return {name: rows[:count] for name, rows in answer(*shown).items()}
