"""From TFRecord files to tensors: the bytes of an image, and batches of images.

Batches are parsed, not examples: parsing one example at a time is several times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from modules.data.features import IMAGE, IMAGE_SIDE, INDEX, LABEL
from modules.data.splits import Split

_READ_BATCH = 2048
_HELD_OUT_BATCH = 500


def parse_images(serialized: tf.Tensor) -> tf.Tensor:
    """Reads the image of each serialized tf.Example, in a graph.

    Args:
        serialized: string, (B,). Other features than the image may be missing.

    Returns:
        uint8, (B, 28, 28).
    """
    spec = {IMAGE: tf.io.FixedLenFeature([], tf.string)}
    return _decode(tf.io.parse_example(serialized, spec)[IMAGE])


def parse_batch(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
    """Reads the image and the label of each serialized tf.Example, in a graph.

    Args:
        serialized: string, (B,).

    Returns:
        "image": uint8, (B, 28, 28), and "label": int64, (B,).
    """
    spec = {
        IMAGE: tf.io.FixedLenFeature([], tf.string),
        LABEL: tf.io.FixedLenFeature([], tf.int64),
    }
    parsed = tf.io.parse_example(serialized, spec)
    return {IMAGE: _decode(parsed[IMAGE]), LABEL: parsed[LABEL]}


def _parse_placed(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
    # Examples that do not say where they stood stay where they are.
    spec = {INDEX: tf.io.FixedLenFeature([], tf.int64, default_value=0)}
    return parse_batch(serialized) | tf.io.parse_example(serialized, spec)


def parse_placed_images(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Reads the image of each serialized tf.Example and its place in its file, in a graph.

    Args:
        serialized: string, (B,). Without an index, the place is 0.

    Returns:
        uint8, (B, 28, 28), and int64, (B,).
    """
    spec = {
        IMAGE: tf.io.FixedLenFeature([], tf.string),
        INDEX: tf.io.FixedLenFeature([], tf.int64, default_value=0),
    }
    parsed = tf.io.parse_example(serialized, spec)
    return _decode(parsed[IMAGE]), parsed[INDEX]


def _decode(raw: tf.Tensor) -> tf.Tensor:
    # (B,) of 784 bytes each -> (B, 784) -> (B, 28, 28)
    return tf.reshape(tf.io.decode_raw(raw, tf.uint8), (-1, IMAGE_SIDE, IMAGE_SIDE))


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


def load_split(patterns: str | Iterable[str], limit: int | None = None) -> Split:
    """Reads a split into memory, in the order in which the images came.

    Workers write their records in an order of their own, so that of the files says nothing.

    Args:
        patterns: of TFRecord files; those that end in .gz are gzipped.
        limit: how many examples at most; None for all.

    Returns:
        The images, uint8 (N, 28, 28), and the labels, int64 (N,).

    Raises:
        FileNotFoundError: no file matches.
        ValueError: the files hold no examples.
    """
    files = list_files(patterns)
    compression = "GZIP" if files[0].endswith(".gz") else ""
    records = tf.data.TFRecordDataset(files, compression_type=compression)
    if limit is not None:
        records = records.take(limit)
    parsed = records.batch(_READ_BATCH).map(_parse_placed, num_parallel_calls=tf.data.AUTOTUNE)
    batches = list(_untuned(parsed.prefetch(1)).as_numpy_iterator())
    if not batches:
        raise ValueError(f"no examples in {', '.join(files)}")
    order = np.argsort(np.concatenate([batch[INDEX] for batch in batches]), kind="stable")
    images = np.concatenate([batch[IMAGE] for batch in batches])[order]
    return Split(images, np.concatenate([batch[LABEL] for batch in batches])[order])


def batch_stream(
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    seed: int | None = None,
    change: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None,
) -> tf.data.Dataset:
    """Batches from memory: each epoch's order is drawn at once, and images are gathered by batch.

    Args:
        images: uint8, (N, 28, 28).
        labels: int64, (N,).
        batch_size: B; at most N.
        seed: shuffles each epoch anew and leaves out what does not fill a batch; None keeps the
            order and every example.
        change: from the images (B, 28, 28) and an int64 seed of shape (2,), new for every batch,
            to the images to use; None to use them as they are. Needs a seed.

    Returns:
        A dataset of known cardinality, of images (B, 28, 28) and labels (B,).
    """
    count, size = len(images), min(batch_size, len(images))
    all_images, all_labels = tf.constant(images), tf.constant(labels)

    def gather(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.gather(all_images, chosen), tf.gather(all_labels, chosen)

    def gather_and_change(chosen: tf.Tensor, seeds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found, digits = gather(chosen)
        return (found if change is None else change(found, seeds)), digits

    if seed is None:
        return _untuned(tf.data.Dataset.range(count).batch(size).map(gather).prefetch(4))
    steps = count // size
    draws = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).batch(2)

    def shuffled(seeds: tf.Tensor) -> tf.data.Dataset:
        numbers = tf.random.experimental.stateless_shuffle(tf.range(count), seeds)
        return tf.data.Dataset.from_tensor_slices(
            tf.reshape(numbers[: steps * size], (steps, size))
        )

    orders = draws.take(1).flat_map(shuffled)
    stream = tf.data.Dataset.zip((orders, draws.skip(1))).map(gather_and_change)
    known = tf.data.experimental.assert_cardinality(steps)
    return _untuned(stream.apply(known).prefetch(4))


def _untuned(stream: tf.data.Dataset) -> tf.data.Dataset:
    """Without tf.data's own tuning, which has nothing to choose here, and costs much.

    The end of an iterator can wait for its tuner, which sleeps twice as long each time: a turn of
    320 steps took either 2.6 s or exactly 5.12 s (TensorFlow 2.16).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
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
