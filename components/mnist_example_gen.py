"""IDX files to tf.Examples, on Beam.

Three disjoint splits: `train` and `eval` share the 60,000 training images by a hash of each
image's own bytes, so that a split never depends on the order or the number of the others and two
copies of one image never sit on both sides; `test` is the 10,000 test images.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
from google.protobuf import struct_pb2
from tfx.components.example_gen import base_example_gen_executor
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, proto_utils

from components.readers import reader_of
from components.readers.reader import Pair
from modules.data import features

SPLITS = ("train", "eval", "test")
EVAL_TENTHS = 1  # of ten parts of the training images, how many are eval

_RANGE = 10_000  # images a worker reads in one go


def split_of(image: bytes) -> str:
    """Says whether a training image is for `train` or `eval`: the same for ever, nine to one."""
    part = hashlib.blake2b(image, digest_size=8).digest()
    return "eval" if int.from_bytes(part, "big") % 10 < EVAL_TENTHS else "train"


def to_examples(
    images: np.ndarray, labels: np.ndarray, first_index: int
) -> Iterator[tuple[bytes, bytes]]:
    """Describes images as tf.Examples.

    Args:
        images: uint8, (N, 28, 28).
        labels: integers, (N,).
        first_index: the place of the first image in its file.

    Yields:
        N pairs of the image's raw bytes and its serialized tf.Example.
    """
    inks = features.mean_ink(images)
    classes = {name: derived.of(images) for name, derived in features.DERIVED.items()}
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


def _ranges(pair: Pair, limit: int | None) -> list[tuple[str, str, int, int]]:
    count = pair.count if limit is None else min(limit, pair.count)
    return [
        (str(pair.images), str(pair.labels), start, min(start + _RANGE, count))
        for start in range(0, count, _RANGE)
    ]


def _read_range(part: tuple[str, str, int, int]) -> Iterator[tuple[bytes, bytes]]:
    images, labels, start, stop = part
    reader = reader_of(Path(images).parent)
    yield from to_examples(
        reader.read_images(images, start, stop), reader.read_labels(labels, start, stop), start
    )


def _wanted(exec_properties: dict[str, Any]) -> dict[str, list[tuple[str, str, int, int]]]:
    """The ranges to read of each file pair, within the limits that the component was given."""
    data_dir = exec_properties[standard_component_specs.INPUT_BASE_KEY]
    dataset = reader_of(data_dir).find_dataset(data_dir)
    packed, limits = example_gen_pb2.CustomConfig(), struct_pb2.Struct()
    proto_utils.json_to_proto(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], packed)
    packed.custom_config.Unpack(limits)
    return {
        name: _ranges(pair, int(limits[name]) if name in limits else None)
        for name, pair in dataset.items()
    }


class Executor(base_example_gen_executor.BaseExampleGenExecutor):
    """Reads IDX by ranges, writes the three splits, and counts what it wrote."""

    def GetInputSourceToExamplePTransform(self) -> beam.PTransform:
        raise NotImplementedError("the splits are made together, in GenerateExamplesByBeam")

    def GenerateExamplesByBeam(
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, beam.PCollection]:
        """See the base class."""
        ranges = _wanted(exec_properties)

        def read(name: str) -> beam.PCollection:
            return (
                pipeline
                | f"Ranges[{name}]" >> beam.Create(ranges[name])
                | f"Spread[{name}]" >> beam.Reshuffle()
                | f"Read[{name}]" >> beam.FlatMap(_read_range)
            )

        # An Example goes to a split by its image's bytes, then travels alone.
        train, held_out = read("train") | "Split" >> beam.Partition(
            lambda pair, _: int(split_of(pair[0]) == "eval"), 2
        )
        return {
            "train": train | "Train" >> beam.Values(),
            "eval": held_out | "Eval" >> beam.Values(),
            "test": read("test") | "Test" >> beam.Values(),
        }

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Generates the splits, then checks that as many records came out as went in."""
        super().Do(input_dict, output_dict, exec_properties)
        wanted = {name: ranges[-1][-1] for name, ranges in _wanted(exec_properties).items()}
        examples = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.EXAMPLES_KEY]
        )
        written = {split: _count_records(examples, split) for split in SPLITS}
        if (
            written["train"] + written["eval"] != wanted["train"]
            or written["test"] != wanted["test"]
        ):
            raise RuntimeError(f"{wanted} images went into ExampleGen, but {written} came out")
        for split, count in written.items():
            examples.set_int_custom_property(f"{split}_count", count)


def _count_records(examples: Any, split: str) -> int:
    pattern = io_utils.all_files_pattern(artifact_utils.get_split_uri([examples], split))
    records = tf.data.TFRecordDataset(tf.io.gfile.glob(pattern), compression_type="GZIP")
    return sum(len(batch) for batch in records.batch(4096).as_numpy_iterator())


class MnistExampleGen(FileBasedExampleGen):
    """An ExampleGen for the four IDX files of MNIST, or any dataset in the same form.

    Outputs `examples` with the splits train, eval and test; each tf.Example holds the features
    that modules/data/features.py names. TFX's driver fingerprints all four files, so that a changed
    one is read again.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        data_dir: str,
        source: str,
        train_images: int | None = None,
        test_images: int | None = None,
    ) -> None:
        """Builds the component.

        Args:
            data_dir: the folder with the four files, gzipped or not.
            source: a hash of the code that makes the Examples, so that its change is noticed.
            train_images: read this many of the training images; None reads all.
            test_images: read this many of the test images; None reads all.
        """
        config = struct_pb2.Struct()
        config["source"] = source
        for name, limit in (("train", train_images), ("test", test_images)):
            if limit is not None:
                config[name] = limit
        custom_config = example_gen_pb2.CustomConfig()
        custom_config.custom_config.Pack(config)
        split, patterns = example_gen_pb2.Input.Split, reader_of(data_dir).PATTERNS
        super().__init__(
            input_base=data_dir,
            input_config=example_gen_pb2.Input(
                splits=[
                    split(name="train", pattern=patterns["train"]),
                    split(name="eval", pattern=patterns["train"]),
                    split(name="test", pattern=patterns["test"]),
                ]
            ),
            custom_config=custom_config,
        )
