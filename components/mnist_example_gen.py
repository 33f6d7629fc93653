"""A dataset's files to tf.Examples, on Beam.

Three disjoint splits: `train` and `eval` share the training images by a hash of each image's own
bytes, so that a split never depends on the order or the number of the others and two copies of one
image never sit on both sides; `test` is the test images. The files are unpacked once, into bare
pixels, of which each worker reads its range and writes the Examples itself: no image travels
through Beam, whose runner in this process keeps all that does.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_component, base_beam_executor, executor_spec
from tfx.proto import example_gen_pb2
from tfx.types import Channel, artifact_utils, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.utils import io_utils

from components.example_files import Part, count_records, shard, write_part
from components.readers import given
from components.readers.intake import places
from components.readers.reader import BadDataset
from components.readers.survey import Survey
from modules.data.dataset import Dataset, from_text, to_text
from modules.data.draw import within

SPLITS = ("train", "eval", "test")
SPLITS_OF = {"train": ("train", "eval"), "test": ("test",)}
"""The splits that the images of each file go to."""

_RANGE = 10_000  # images a worker reads in one go


class Executor(base_beam_executor.BaseBeamExecutor):
    """Unpacks the files, writes the three splits, and counts what it wrote."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Generates the splits.

        Raises:
            BadDataset: the data are not those that the pipeline was made for.
            RuntimeError: not as many records came out as images went in.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        dataset = from_text(exec_properties["dataset"])
        survey = Survey(given.folder(), bool(exec_properties["transposed"]))
        limits = (exec_properties.get(name) for name in ("train_images", "test_images"))
        taken = places(survey, *limits)
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        examples.split_names = artifact_utils.encode_split_names(list(SPLITS))

        with tempfile.TemporaryDirectory(dir=self._get_tmp_dir()) as folder:
            unpacked = _unpack(survey, dataset, taken, Path(folder))
            parts = [
                part
                for name, raw in unpacked.items()
                for part in _parts(raw, survey.classes[name][taken[name]], dataset, examples, name)
            ]
            with self._make_beam_pipeline() as pipeline:
                _ = pipeline | beam.Create(parts) | beam.Reshuffle() | beam.Map(write_part)

        written = {split: count_records(_files(examples, split)) for split in SPLITS}
        for name, chosen in taken.items():
            if sum(written[split] for split in SPLITS_OF[name]) != len(chosen):
                wanted = {name: len(chosen) for name, chosen in taken.items()}
                raise RuntimeError(f"{wanted} images went into ExampleGen, but {written} came out")
        for split, count in written.items():
            examples.set_int_custom_property(f"{split}_count", count)
        examples.set_string_custom_property("dataset", to_text(dataset))
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")


def _unpack(
    survey: Survey, dataset: Dataset, taken: dict[str, np.ndarray], folder: Path
) -> dict[str, str]:
    """Writes the bare pixels of the images that are taken: a file for each of the two."""
    with ExitStack() as stack:
        files: dict[str, IO[bytes]] = {
            name: stack.enter_context((folder / name).open("wb")) for name in taken
        }

        def write(name: str, start: int, images: np.ndarray) -> None:
            files[name].write(images[within(taken[name], start, len(images))].tobytes())

        found = survey.read(write)
    if found.hash != dataset.hash:
        raise BadDataset(
            f"{survey.folder} holds other data (hash {found.hash[:12]}) than those that this"
            f" pipeline was made for (hash {dataset.hash[:12]}): put those there, or make it anew."
        )
    return {name: str(folder / name) for name in taken}


def _parts(raw: str, labels: np.ndarray, dataset: Dataset, examples: Any, name: str) -> list[Part]:
    starts = range(0, len(labels), _RANGE)
    folders = {s: artifact_utils.get_split_uri([examples], s) for s in SPLITS_OF[name]}
    for folder in folders.values():
        tf.io.gfile.makedirs(folder)
    return [
        Part(
            raw=raw,
            first=start,
            labels=labels[start : start + _RANGE],
            dataset=dataset,
            files={s: shard(folder, number, len(starts)) for s, folder in folders.items()},
        )
        for number, start in enumerate(starts)
    ]


def _files(examples: Any, split: str) -> list[str]:
    uri = artifact_utils.get_split_uri([examples], split)
    return list(tf.io.gfile.glob(io_utils.all_files_pattern(uri)))


class MnistExampleGenSpec(ComponentSpec):
    """What MnistExampleGen takes and gives."""

    PARAMETERS = {
        "dataset": ExecutionParameter(type=str),
        "transposed": ExecutionParameter(type=int),
        "source": ExecutionParameter(type=str),
        "train_images": ExecutionParameter(type=int, optional=True),
        "test_images": ExecutionParameter(type=int, optional=True),
    }
    INPUTS: dict[str, ChannelParameter] = {}
    OUTPUTS = {"examples": ChannelParameter(type=standard_artifacts.Examples)}


class MnistExampleGen(base_beam_component.BaseBeamComponent):
    """An ExampleGen for datasets that components/readers can read, MNIST first of all.

    Outputs `examples` with the splits train, eval and test; each tf.Example holds the features
    that modules/data/features.py names. What the data are is part of the cache key by their hash:
    the same images and labels are not read again, wherever their files lie, and however they are
    spelt, packed or dated.
    """

    SPEC_CLASS = MnistExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        dataset: Dataset,
        transposed: bool,
        source: str,
        train_images: int | None = None,
        test_images: int | None = None,
    ) -> None:
        """Builds the component.

        Args:
            dataset: what the data say of themselves; files of another hash are refused.
            transposed: rows and columns are exchanged in the files.
            source: a hash of the code that makes the Examples, so that its change is noticed.
            train_images: take at most this many of the training images; None takes all.
            test_images: take at most this many of the test images, but for TESTED of each class.
        """
        super().__init__(
            spec=MnistExampleGenSpec(
                dataset=to_text(dataset),
                transposed=int(transposed),
                source=source,
                train_images=train_images,
                test_images=test_images,
                examples=Channel(type=standard_artifacts.Examples),
            )
        )
