"""Example files as ExampleGen writes them, with Beam and without."""

import dataclasses
import os
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import tensorflow as tf
from tfx.types import standard_artifacts

from components.example_files import to_examples
from components.mnist_example_gen import Executor, MnistExampleGen
from components.readers import given, idx
from components.readers.survey import read_dataset
from modules.data.dataset import TESTED, Dataset
from modules.data.draw import draw
from tests import artifacts
from tests.datasets import MNIST


def generate(
    data: Path,
    output: Path,
    dataset: Dataset | None = None,
    transposed: bool = False,
    **limits: int,
) -> Any:
    """Runs ExampleGen's executor with the properties that the component gives it.

    Args:
        data: a folder of IDX files.
        output: for the Examples artifact that is returned.
        dataset: what the files say of themselves; by default, they are asked.
        transposed: rows and columns are exchanged in the files.
        limits: `train_images` and `test_images`, see MnistExampleGen.
    """
    from pipeline.dag import BEAM_ARGS  # imports all that a pipeline is made of

    dataset = dataset or read_dataset(data, transposed)
    component = MnistExampleGen(dataset, transposed, source="tests", **limits)
    examples = artifacts.make(standard_artifacts.Examples, output)
    context = Executor.Context([*BEAM_ARGS], tmp_dir=str(output / "tmp"), unique_id="1")
    with mock.patch.dict(os.environ, {given.VARIABLE: str(data)}):
        Executor(context).Do({}, {"examples": [examples]}, dict(component.exec_properties))
    return examples


def write(
    path: Path, images: np.ndarray, labels: np.ndarray, first: int = 0, dataset: Dataset = MNIST
) -> str:
    """Writes gzipped TFRecords of images, uint8 (N, S, S), and labels; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), options="GZIP") as writer:
        for _, example in to_examples(images, labels, first, dataset):
            writer.write(example)
    return str(path)


def records(images: np.ndarray, labels: np.ndarray, dataset: Dataset = MNIST) -> np.ndarray:
    """Serialized tf.Examples, (N,), of images, uint8 (N, S, S), and labels."""
    return np.array([example for _, example in to_examples(images, labels, 0, dataset)], object)


def tested(mnist_dir: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of MNIST that a run with so many test images is tested with."""
    pair = idx.find_dataset(mnist_dir)["test"]
    labels = idx.read_labels(pair.labels)
    places = draw(labels, count, least=TESTED)
    return idx.read_images(pair.images, 0, pair.count)[places], labels[places]


def cut(mnist_dir: Path, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Some of MNIST's training images and their labels."""
    pair = idx.find_dataset(mnist_dir)["train"]
    return idx.read_images(pair.images, start, stop), idx.read_labels(pair.labels, start, stop)


@dataclasses.dataclass
class FnArgs:
    """What TFX hands to run_fn and tuner_fn, as far as they read it."""

    train_files: list[str]
    eval_files: list[str]
    custom_config: dict[str, Any]
    hyperparameters: dict[str, Any] | None = None
    serving_model_dir: str = ""
    model_run_dir: str = ""
    working_dir: str = ""
    base_model: str | None = None
