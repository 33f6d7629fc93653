"""Requests of which one example is bad, and how it has to be named."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf


def example(**features: Any) -> bytes:
    """A serialized tf.Example of lists of bytes or of integers."""
    made = tf.train.Example()
    for name, values in features.items():
        feature = made.features.feature[name]
        kind = feature.bytes_list if isinstance(values[0], bytes) else feature.int64_list
        kind.value.extend(values)
    return made.SerializeToString()


def of(key: str, good: np.ndarray, place: int) -> Iterator[tuple[np.ndarray, str]]:
    """Requests that no signature can answer.

    Args:
        key: the name of the input.
        good: a request, of MNIST's images where it is of images.
        place: where the bad example is to be.

    Returns:
        A request and words that the error has to have, for each way to be bad.
    """

    def instead(bad: Any) -> np.ndarray:
        request = good.copy()
        request[place] = bad
        return request

    if key == "examples":
        for bad, words in (
            (b"no example", "it is not a serialized tf.Example"),
            (b"", "it is not a serialized tf.Example"),
            (bytes(range(256)), "it is not a serialized tf.Example"),
            (good[place][:-7], "it is not a serialized tf.Example"),
            (example(label=[3]), "its feature 'image' has 0 values, 1 (the bytes"),
            (example(image=[bytes(784)] * 2), "its feature 'image' has 2 values, 1 (the bytes"),
            (example(image=[bytes(100)]), "its image has 100 bytes, 784 were expected"),
            (example(image=[bytes(3136)]), "its image has 3136 bytes, 784 were expected"),
        ):
            yield instead(bad), f"example {place}: {words}"
        # TensorFlow's own words, which are as good.
        words = f"Name: example {place}, Key: image, Index: {place}.  Data types don't match."
        yield instead(example(image=[7])), words
        yield np.array([b"no example"], object), "example 0: it is not a serialized tf.Example"
    elif key == "images":  # which are all of one shape: if one is bad, the first is
        for shape in ((14, 14), (28, 27), (784,), (28, 28, 1)):
            words = f"example 0: its shape is [{' '.join(map(str, shape))}], [28 28] was expected"
            yield np.zeros((4, *shape), np.uint8), words
    elif key == "latents":
        width = good.shape[1]
        for number in (np.nan, np.inf, -np.inf):
            row = good[place].copy()
            row[-1] = number
            words = f"example {place}: its latents are not all finite numbers, as was expected"
            yield instead(row), words
        words = f"example 0: its shape is [{width - 1}], [{width}] was expected"
        yield good[:, 1:].copy(), words
    elif key == "classes":
        for number in (-1, len(good), 2**40):
            words = f"example {place}: its class is {number}, a number from 0 to {len(good) - 1}"
            yield instead(number), words
    else:
        assert key == "seeds"  # of which any is good
        yield good[:, None], "example 0: its shape is [1], [] was expected"
