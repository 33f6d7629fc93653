"""From TFRecord files to tensors: the bytes of an image, and batches of images.

Batches are parsed, not examples: parsing one example at a time is several times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from modules.data import requests
from modules.data.epochs import first_draws
from modules.data.features import IMAGE, INDEX, LABEL
from modules.data.splits import Split

_READ_BATCH = 2048
_HELD_OUT_BATCH = 500
_ALIGNMENT = 64  # bytes; TensorFlow asks it of memory that it has not allocated itself


def parse_images(serialized: tf.Tensor, side: int) -> tf.Tensor:
    """Reads the image of each serialized tf.Example, in a graph.

    Args:
        serialized: string, (B,). Other features than the image may be missing.
        side: S, of an image, in pixels.

    Returns:
        uint8, (B, S, S); or an InvalidArgumentError that says which example has no such image.
    """
    raw, _ = requests.parse(serialized, side * side, {})
    return _decode(raw, side)


def parse_placed_images(serialized: tf.Tensor, side: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Reads the image of each serialized tf.Example and its place in its file, in a graph.

    Args:
        serialized: string, (B,). Without an index, the place is 0.
        side: S, as in parse_images.

    Returns:
        uint8, (B, S, S), and int64, (B,).
    """
    raw, parsed = requests.parse(serialized, side * side, {INDEX: _SPECS[INDEX]})
    return _decode(raw, side), parsed[INDEX]


_SPECS = {
    IMAGE: tf.io.FixedLenFeature([], tf.string),
    LABEL: tf.io.FixedLenFeature([], tf.int64),
    # Examples that do not say where they stood stay where they are.
    INDEX: tf.io.FixedLenFeature([], tf.int64, default_value=0),
}


def _parse(serialized: tf.Tensor, *names: str) -> dict[str, tf.Tensor]:
    return tf.io.parse_example(serialized, {name: _SPECS[name] for name in names})


def _decode(raw: tf.Tensor, side: int) -> tf.Tensor:
    # (B,) of S * S bytes each -> (B, S * S) -> (B, S, S)
    return tf.reshape(tf.io.decode_raw(raw, tf.uint8), (tf.shape(raw)[0], side, side))


def list_files(patterns: str | Iterable[str]) -> list[str]:
    """The files that the patterns name, sorted.

    Raises:
        FileNotFoundError: no file matches.
    """
    patterns = [patterns] if isinstance(patterns, str) else list(patterns)
    files = sorted({name for pattern in patterns for name in tf.io.gfile.glob(pattern)})
    if not files:
        raise FileNotFoundError(f"no TFRecord file matches {', '.join(patterns)}")
    return files


def load_split(patterns: str | Iterable[str], side: int, limit: int | None = None) -> Split:
    """Reads a split into memory, in the order in which the images came.

    Workers write their records in an order of their own, so that of the files says nothing. They
    are read twice, first for their places, so that each image goes where it belongs at once: a
    split takes hardly more memory than its images.

    Args:
        patterns: of TFRecord files; those that end in .gz are gzipped.
        side: S, of an image, in pixels.
        limit: how many examples at most; None for all.

    Returns:
        The images, uint8 (N, S, S), and the labels, int64 (N,).

    Raises:
        FileNotFoundError: no file matches.
        ValueError: the files hold no examples.
    """
    files = list_files(patterns)
    compression = "GZIP" if files[0].endswith(".gz") else ""
    records = tf.data.TFRecordDataset(files, compression_type=compression)
    if limit is not None:
        records = records.take(limit)
    batches = untuned(records.batch(_READ_BATCH))
    found = [
        (batch[INDEX], batch[LABEL])
        for batch in batches.map(lambda some: _parse(some, INDEX, LABEL)).as_numpy_iterator()
    ]
    if not found:
        raise ValueError(f"no examples in {', '.join(files)}")
    index, label = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(index, kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    images, start = _aligned(len(order), side), 0
    # Our own files, which need not be looked at example by example.
    raw = batches.map(lambda some: _decode(_parse(some, IMAGE)[IMAGE], side))
    for batch in raw.as_numpy_iterator():
        images[places[start : start + len(batch)]] = batch
        start += len(batch)
    return Split(images, label[order])


def _aligned(count: int, side: int) -> np.ndarray:
    """An array for images that TensorFlow can use as it is."""
    size = count * side * side
    whole: np.ndarray = np.empty(size + _ALIGNMENT, np.uint8)
    start = -whole.ctypes.data % _ALIGNMENT
    return whole[start : start + size].reshape(count, side, side)


def _as_tensor(images: np.ndarray) -> tf.Tensor:
    """Images as a tensor: of the same memory where that can be, else a copy."""
    usable = images.flags.c_contiguous and images.flags.writeable and images.size
    if usable and images.ctypes.data % _ALIGNMENT == 0:
        return tf.experimental.dlpack.from_dlpack(images.__dlpack__())
    return tf.constant(images)


def batch_stream(
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    seed: int | None = None,
    change: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None,
) -> tf.data.Dataset:
    """Batches from memory: each epoch's order is drawn at once, and images are gathered by batch.

    Args:
        images: uint8, (N, S, S); those of load_split are used where they are, without a copy.
        labels: int64, (N,).
        batch_size: B; at most N.
        seed: shuffles each epoch anew (see modules.data.epochs) and leaves out what does not fill
            a batch; None keeps the order and every example.
        change: from the images (B, S, S) and an int64 seed of shape (2,), new for every batch,
            to the images to use; None to use them as they are. Needs a seed.

    Returns:
        A dataset of known cardinality, of images (B, S, S) and labels (B,).
    """
    count, size = len(images), min(batch_size, len(images))
    all_images, all_labels = _as_tensor(images), tf.constant(labels)

    def gather(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.gather(all_images, chosen), tf.gather(all_labels, chosen)

    def gather_and_change(chosen: tf.Tensor, seeds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found, shown = gather(chosen)
        return (found if change is None else change(found, seeds)), shown

    if seed is None:
        return untuned(tf.data.Dataset.range(count).batch(size).map(gather).prefetch(4))
    steps = count // size

    def drawn(first: tf.Tensor) -> tf.data.Dataset:
        numbers = tf.random.experimental.stateless_shuffle(tf.range(count), first)
        seeds = tf.random.stateless_uniform(
            (steps, 2), tf.random.fold_in(first, 1), minval=None, maxval=None, dtype=tf.int64
        )
        order = tf.reshape(numbers[: steps * size], (steps, size))
        return tf.data.Dataset.from_tensor_slices((order, seeds))

    stream = first_draws(seed).flat_map(drawn).map(gather_and_change)
    known = tf.data.experimental.assert_cardinality(steps)
    return untuned(stream.apply(known).prefetch(4))


def untuned(stream: tf.data.Dataset) -> tf.data.Dataset:
    """Without tf.data's own tuning and rewriting, which have nothing to do here, and cost much.

    The end of an iterator can wait for its tuner, which sleeps twice as long each time: a turn of
    320 steps took either 2.6 s or exactly 5.12 s. For the rewriting, the start of an iterator
    copies all images (TensorFlow 2.16).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return stream.with_options(options)


def train_or_held_out(
    split: Split,
    batch_size: int,
    training: bool,
    seed: int,
    change: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None,
) -> tf.data.Dataset:
    """What `fit` reads, shuffled and changed; or its validation, in order, whole and as it is."""
    if not training:
        return batch_stream(*split, _HELD_OUT_BATCH)
    return batch_stream(*split, batch_size, seed=seed, change=change)
