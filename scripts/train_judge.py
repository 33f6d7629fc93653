"""Makes modules/metrics/judge_weights.npz, the digit reader that generators are scored by.

    .venv/bin/python scripts/train_judge.py

Learns from the `train` split alone; says its accuracy on `eval` while it learns, and on the test
images once, at the end. Takes some minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.util import environment  # noqa: E402

environment.configure("2")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from components.readers import reader_of  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.data.images import batch_stream  # noqa: E402
from modules.data.splits import split_of  # noqa: E402
from modules.metrics import judge, judge_weights  # noqa: E402
from modules.training.judge_learner import Learner, Running, move  # noqa: E402

SEED, EPOCHS, BATCH, WARM_UP = 1, 14, 64, 500
LEAST = 0.993  # accuracy on the test images below which nothing is written


def train(images: np.ndarray, labels: np.ndarray, held_out: tuple[np.ndarray, np.ndarray]) -> list:
    """Learns; returns the weights as arrays."""
    keras.utils.set_random_seed(SEED)
    steps = len(images) // BATCH * EPOCHS
    learner = Learner(judge_weights.SIDE, judge_weights.CLASSES, steps, WARM_UP, SEED)
    stream = batch_stream(images, labels, BATCH, seed=SEED, change=move)

    @tf.function
    def step(batch: tf.Tensor, digits: tf.Tensor) -> tf.Tensor:
        return learner.learn(batch, digits, Running())

    for epoch in range(EPOCHS):
        started = time.monotonic()
        losses = [step(*batch) for batch in stream]
        right = accuracy(learner.weights, *held_out)
        print(  # noqa: T201
            f"epoch {epoch + 1}/{EPOCHS}: loss {np.mean(losses):.4f}, eval accuracy {right:.4f}, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    return [weight.numpy() for weight in learner.weights]


def accuracy(weights: list, images: np.ndarray, labels: np.ndarray) -> float:
    """The part of images whose digit is read right."""
    read = tf.function(lambda batch: judge.read_with(weights, batch).logits)
    parts = [
        read(tf.constant(images[start : start + 1000], tf.float32) / 255.0).numpy().argmax(axis=1)
        for start in range(0, len(images), 1000)
    ]
    return float((np.concatenate(parts) == labels).mean())


def main() -> int:
    """Trains, measures, writes."""
    parser = argparse.ArgumentParser(
        description="Makes modules/metrics/judge_weights.npz, the digit reader that generators are "
        "scored by; takes some minutes."
    )
    parser.add_argument("--data-dir", type=path_argument, default=ROOT / "data" / "mnist")
    parser.add_argument("--to", type=path_argument, default=judge_weights.WEIGHTS)
    options = parser.parse_args()
    reader = reader_of(options.data_dir)
    splits = {
        name: (
            reader.read_images(pair.images, 0, pair.count),
            reader.read_labels(pair.labels, 0, pair.count),
        )
        for name, pair in reader.find_dataset(options.data_dir).items()
    }
    images, labels = splits["train"]
    labels = labels.astype(np.int64)
    kept = np.array([split_of(image.tobytes()) == "eval" for image in images])
    weights = train(images[~kept], labels[~kept], (images[kept], labels[kept]))
    right = accuracy(weights, *splits["test"])
    print(f"test accuracy {right:.4f}, {sum(w.size for w in weights):,} parameters")  # noqa: T201
    if right < LEAST:
        print(f"not written: {LEAST} is needed")  # noqa: T201
        return 1
    judge_weights.write_weights(options.to, weights)
    print(f"{options.to}: {judge_weights.fingerprint_of_file(options.to)}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
