"""What a model is asked, checked in a graph: a bad example is named by its place in the batch.

Places count from 0. The checks are plain operations of the graph, so they go wherever it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from modules.data.features import IMAGE

_HEAD = 6  # bytes: the first field's tag and as many of its length's as 32 GB take


def demand(tensor: Any, good: Any, say: Callable[[Any], Any]) -> Any:
    """Gives a tensor on, unless one of the examples is bad.

    Args:
        tensor: any.
        good: bool, (B,).
        say: from the place of the first bad one, int64 (), to what is wrong with it, string ().

    Returns:
        The tensor; when it is asked for, there is an InvalidArgumentError for a bad example:
        "example 2: its image has 100 bytes, 784 were expected".
    """

    def refuse() -> Any:
        place = tf.argmin(tf.cast(good, tf.int32))
        words = tf.strings.join(["example ", tf.strings.as_string(place), ": ", say(place)])
        with tf.control_dependencies([tf.debugging.Assert(good[place], [words])]):
            return tf.constant(False)

    # The words are made only where there is something to say.
    asked = tf.cond(tf.reduce_all(good), lambda: tf.constant(True), refuse)
    with tf.control_dependencies([asked]):
        return tf.identity(tensor)


def shaped(tensor: Any, *shape: int) -> Any:
    """Gives a batch on, unless its examples have another shape.

    Whoever loads a model into a session need not look at what the signature says of shapes, and
    four images of 14 x 14 pixels have as many numbers as one of 28 x 28.

    Args:
        tensor: (B, *shape), as is believed.
        shape: of each example.

    Returns:
        The tensor, or an InvalidArgumentError as in `demand`.
    """
    # What is known of its shape would answer the question before it is asked.
    found = tf.shape(tf.compat.v1.placeholder_with_default(tensor, shape=None))
    ends = tf.fill([len(shape) + 2], -1)  # which no dimension is
    seen = tf.concat([found, ends], axis=0)[1 : len(shape) + 2]
    good = tf.reduce_all(tf.equal(seen, [*shape, -1])) & (tf.size(found) > 0)

    def say(_: Any) -> Any:
        wanted = tf.constant(shape, tf.int32)
        return tf.strings.format("its shape is {}, {} was expected", (found[1:], wanted))

    return demand(tensor, good[None], say)


def finite(tensor: Any, name: str) -> Any:
    """Gives a batch of floats, (B, D), on, unless one is NaN or infinite; see `demand`."""
    good = tf.reduce_all(tf.math.is_finite(tensor), axis=1)
    return demand(tensor, good, lambda _: f"its {name} are not all finite numbers, as was expected")


def below(numbers: Any, name: str, end: int) -> Any:
    """Gives integers, (B,), on, unless one is not from 0 to one less than `end`; see `demand`."""
    return demand(
        numbers,
        (numbers >= 0) & (numbers < end),
        lambda place: tf.strings.format(
            f"its {name} is {{}}, a number from 0 to {end - 1} was expected", numbers[place]
        ),
    )


def parse(serialized: Any, size: int, others: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Reads serialized tf.Examples, of which each has an image of that size.

    Args:
        serialized: string, (B,).
        size: of an image, in bytes.
        others: tf.io.FixedLenFeature of further features, by name.

    Returns:
        The bytes of the images, string (B,), and the other features; or an InvalidArgumentError
        as in `demand`.
    """
    serialized = demand(
        serialized,
        _framed(serialized),
        lambda _: "it is not a serialized tf.Example, as was expected",
    )
    places = tf.strings.as_string(tf.range(tf.size(serialized)))
    parsed = tf.io.parse_example(
        serialized,
        # Of any number of values, since TensorFlow's own words for none do not say what is wrong.
        {IMAGE: tf.io.RaggedFeature(tf.string, row_splits_dtype=tf.int64), **others},
        example_names=tf.strings.join(["example ", places]),
    )
    images = parsed.pop(IMAGE)
    counts = images.row_lengths()
    raw = demand(
        images.flat_values,
        counts == 1,
        lambda place: tf.strings.format(
            f"its feature '{IMAGE}' has {{}} values, 1 (the bytes of its image) was expected",
            counts[place],
        ),
    )
    sizes = tf.strings.length(raw)
    raw = demand(
        raw,
        sizes == size,
        lambda place: tf.strings.format(
            f"its image has {{}} bytes, {size} were expected", sizes[place]
        ),
    )
    return raw, parsed


def _framed(serialized: Any) -> Any:
    """Whether strings are tf.Examples from outside, bool (B,): one field, as long as it says.

    TensorFlow's parser tells no place of what it cannot read. What has been cut off or is
    something else altogether is found here.
    """
    head = tf.cast(tf.io.decode_raw(serialized, tf.uint8, fixed_length=_HEAD), tf.int64)
    tag, length = head[:, 0], head[:, 1:]  # Protocol Buffers: a varint, seven bits a byte
    goes_on = tf.cast(length >= 128, tf.int64)
    counts = tf.math.cumprod(goes_on, axis=1, exclusive=True)
    weights = tf.constant([128**place for place in range(_HEAD - 1)], tf.int64)
    inside = tf.reduce_sum(length % 128 * counts * weights, axis=1)
    whole = 1 + tf.reduce_sum(counts, axis=1) + inside
    return (tag == 10) & (whole == tf.cast(tf.strings.length(serialized), tf.int64))
