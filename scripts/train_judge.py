"""Makes modules/metrics/judge_weights.npz, the digit reader that generators are scored by.

    .venv/bin/python scripts/train_judge.py

Learns from the `train` split alone; says its accuracy on `eval` while it learns, and on the test
images once, at the end. Takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from components.mnist_example_gen import split_of  # noqa: E402
from components.readers import reader_of  # noqa: E402
from modules.data.augment import random_affine  # noqa: E402
from modules.data.images import batch_stream  # noqa: E402
from modules.metrics import judge, judge_weights  # noqa: E402

SEED, EPOCHS, BATCH, RATE, DECAY, DROPOUT = 1, 14, 64, 2e-3, 0.02, 0.3
LEAST = 0.993  # accuracy on the test images below which nothing is written


def initial(seed: int) -> list[tf.Variable]:
    """He et al. 2015's first values for kernels, zeros for biases."""
    draw = keras.initializers.HeNormal(seed)
    return [
        tf.Variable(draw(shape) if len(shape) > 1 else tf.zeros(shape), name=f"w{place}")
        for place, shape in enumerate(judge_weights.shapes())
    ]


def roughen(images: tf.Tensor) -> tf.Tensor:
    """Blurs, speckles and thins images, each by an amount of its own, from not at all on.

    A judge of generators has to read shapes: one that has only seen clean scans takes a few stray
    pixels for another kind of image altogether, and then says nothing else about a generator.

    Args:
        images: float32, (B, 28, 28), in [0, 1].
    """
    count = tf.shape(images)[0]

    def amounts(most: float) -> tf.Tensor:
        return most * tf.random.uniform((count, 1, 1)) ** 2

    blurred = tf.nn.avg_pool2d(images[..., None], 3, 1, "SAME")[..., 0]
    rough = images + amounts(1.0) * (blurred - images)
    rough *= tf.cast(tf.random.uniform(tf.shape(images)) >= amounts(0.5), tf.float32)
    # Stray ink stands near the strokes, rarely elsewhere.
    near = tf.nn.max_pool2d(images[..., None], 5, 1, "SAME")[..., 0]
    stray = tf.random.uniform(tf.shape(images)) < amounts(0.3) * (0.1 + 0.9 * near)
    rough = tf.maximum(rough, tf.cast(stray, tf.float32) * tf.random.uniform(tf.shape(images)))
    return tf.clip_by_value(rough + amounts(0.2) * tf.random.normal(tf.shape(images)), 0.0, 1.0)


def train(images: np.ndarray, labels: np.ndarray, held_out: tuple[np.ndarray, np.ndarray]) -> list:
    """Learns; returns the weights as arrays."""
    keras.utils.set_random_seed(SEED)
    weights = initial(SEED)
    steps = len(images) // BATCH * EPOCHS
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - 500, warmup_target=RATE, warmup_steps=500
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=DECAY)
    optimizer.build(weights)
    stream = batch_stream(
        images,
        labels,
        BATCH,
        seed=SEED,
        change=lambda found, seed: random_affine(found, seed, shift=2.0, degrees=10.0, zoom=0.1),
    )

    @tf.function
    def step(batch: tf.Tensor, digits: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            features, _ = judge.read_with(weights, roughen(tf.cast(batch, tf.float32) / 255.0))
            logits = tf.nn.dropout(features, DROPOUT) @ weights[-2] + weights[-1]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(digits, logits))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    for epoch in range(EPOCHS):
        started = time.monotonic()
        losses = [step(*batch) for batch in stream]
        right = accuracy(weights, *held_out)
        print(  # noqa: T201
            f"epoch {epoch + 1}/{EPOCHS}: loss {np.mean(losses):.4f}, eval accuracy {right:.4f}, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    return [weight.numpy() for weight in weights]


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data" / "mnist")
    parser.add_argument("--to", type=Path, default=judge_weights.WEIGHTS)
    options = parser.parse_args()
    reader = reader_of(options.data_dir)
    splits = {
        name: (
            reader.read_images(pair.images, 0, pair.count),
            reader.read_labels(pair.labels, 0, pair.count),
        )
        for name, pair in reader.check_dataset(options.data_dir).items()
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
    np.savez(options.to, **{f"w{place}": weight for place, weight in enumerate(weights)})
    mark = judge_weights.fingerprint() if options.to == judge_weights.WEIGHTS else "written"
    print(f"{options.to}: {mark}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
