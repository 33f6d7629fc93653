"""Images to tf.Examples, and these to TFRecord files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.types import artifact_utils
from tfx.utils import io_utils

from modules.data import features
from modules.data.dataset import Dataset
from modules.data.images import list_files, untuned
from modules.data.splits import split_of

_LEVEL = 4  # of gzip: half the time of the usual 6, for files that are 3 % larger
_COUNTED = 4096  # records at once: one at a time takes ten times as long


@dataclasses.dataclass(frozen=True)
class Part:
    """Some images that lie one after the other in a file, and where their Examples go.

    Attributes:
        raw: a file of bare pixels, S * S bytes an image.
        first: the place in it of the first image.
        labels: int64, (N,), of the images from there on.
        dataset: what the data say of themselves.
        files: for the Examples of each split, by its name. With "train" and "eval", the image
            itself says which of them it belongs to.
    """

    raw: str
    first: int
    labels: np.ndarray
    dataset: Dataset
    files: Mapping[str, str]


def to_examples(
    images: np.ndarray, labels: np.ndarray, first_index: int, dataset: Dataset
) -> Iterator[tuple[bytes, bytes]]:
    """Describes images as tf.Examples.

    Args:
        images: uint8, (N, S, S).
        labels: integers, (N,), from 0.
        first_index: the place of the first image among those that are taken of its file.
        dataset: what the data say of themselves.

    Yields:
        N pairs of the image's raw bytes and its serialized tf.Example.
    """
    inks = features.mean_ink(images)
    classes = {name: one.of(images) for name, one in features.derived(dataset).items()}
    for offset, (image, label) in enumerate(zip(images, labels, strict=True)):
        raw = image.tobytes()
        example = tf.train.Example()
        feature = example.features.feature
        feature[features.IMAGE].bytes_list.value.append(raw)
        feature[features.LABEL].int64_list.value.append(int(label))
        feature[features.INDEX].int64_list.value.append(first_index + offset)
        feature[features.MEAN_INK].float_list.value.append(float(inks[offset]))
        for name, found in classes.items():
            feature[name].bytes_list.value.append(str(found[offset]).encode())
        yield raw, example.SerializeToString(deterministic=True)


def write_part(part: Part) -> None:
    """Writes the Examples of a part, in the order of its images."""
    side, count = part.dataset.side, len(part.labels)
    pixels = part.dataset.pixels
    found = np.fromfile(part.raw, np.uint8, count * pixels, offset=part.first * pixels)
    images = found.reshape(count, side, side)
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=_LEVEL)
    with ExitStack() as stack:
        writers = {
            split: stack.enter_context(tf.io.TFRecordWriter(file, options))
            for split, file in part.files.items()
        }
        [only, *others] = writers
        for raw, example in to_examples(images, part.labels, part.first, part.dataset):
            writers[split_of(raw) if others else only].write(example)


def read_records(examples: Any, split: str) -> Iterator[bytes]:
    """Reads the serialized tf.Examples of a split of an Examples artifact, gzipped or not."""
    files = list_files(io_utils.all_files_pattern(artifact_utils.get_split_uri([examples], split)))
    compression = "GZIP" if files[0].endswith(".gz") else ""
    yield from tf.data.TFRecordDataset(files, compression).as_numpy_iterator()


def count_records(files: list[str]) -> int:
    """Counts the records in gzipped TFRecord files by reading them."""
    if not files:
        return 0
    batches = tf.data.TFRecordDataset(files, compression_type="GZIP").batch(_COUNTED)
    counts = batches.map(lambda batch: tf.shape(batch, out_type=tf.int64)[0])
    return int(untuned(counts).reduce(np.int64(0), tf.add))


def shard(folder: str | Path, number: int, count: int) -> str:
    """The path of one of so many files of a split."""
    return str(Path(folder) / f"data_tfrecord-{number:05d}-of-{count:05d}.gz")
