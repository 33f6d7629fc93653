"""Example files as ExampleGen writes them, with Beam and without."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.types import standard_artifacts

from components.mnist_example_gen import Executor, MnistExampleGen, to_examples
from components.readers import idx
from tests import artifacts


def generate(data: Path, output: Path, **limits: int) -> Any:
    """Runs ExampleGen's executor with the properties that the component gives it.

    Args:
        data: a folder of IDX files.
        output: for the Examples artifact that is returned.
        limits: `train_images` and `test_images`, see MnistExampleGen.
    """
    from pipeline.dag import BEAM_ARGS  # imports all that a pipeline is made of

    component = MnistExampleGen(str(data), source="tests", **limits)
    examples = artifacts.make(standard_artifacts.Examples, output)
    context = Executor.Context(beam_pipeline_args=BEAM_ARGS, tmp_dir=str(output / "tmp"))
    Executor(context).Do({}, {"examples": [examples]}, dict(component.exec_properties))
    return examples


def write(path: Path, images: np.ndarray, labels: np.ndarray, first: int = 0) -> str:
    """Writes gzipped TFRecords of images, uint8 (N, 28, 28), and labels; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), options="GZIP") as writer:
        for _, example in to_examples(images, labels, first):
            writer.write(example)
    return str(path)


def records(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Serialized tf.Examples, (N,), of images, uint8 (N, 28, 28), and labels."""
    return np.array([example for _, example in to_examples(images, labels, 0)], object)


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
