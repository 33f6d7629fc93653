"""Example files as ExampleGen writes them, without Beam."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from components.mnist_example_gen import to_examples
from components.readers import idx


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
