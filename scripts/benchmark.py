"""Compares the speed of our training with that of the loops that tutorials teach."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.util import environment  # noqa: E402

environment.configure("3")
warnings.filterwarnings("ignore")  # the libraries speak to their own maintainers

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers, ops  # noqa: E402

from components.readers import reader_of  # noqa: E402
from components.readers.survey import read_dataset  # noqa: E402
from modules import families  # noqa: E402
from modules.contract.hyperparameters import resolve  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.contract.values import Kind, argument  # noqa: E402
from modules.data.dataset import Dataset  # noqa: E402
from modules.data.splits import Split  # noqa: E402
from modules.networks.schedules import RiseAndFall  # noqa: E402

_ABOUT = """\
Compares the speed of our training with that of the loops that tutorials teach.

    .venv/bin/python scripts/benchmark.py --family vae --steps 468 --rounds 5

Both sides have the same layers, losses, schedules, batches of 128 images and Adam, and draw the
ink of the VAE's images anew for every batch. They take turns in one process, so that a busy machine
slows them alike; the first turn of each, in which it is compiled, does not count. A turn is an
epoch of MNIST. A speed is that of all turns together, since the end of an epoch, at which `fit` on
an array can wait for tf.data's tuner, is a part of it. What is not the same:

- The tutorial's GAN shows real and generated images to its discriminator one after the other, with
  an update for each; ours shows both at once, and makes one update. Ours also keeps an average of
  the generator's weights, which the tutorial's does not.
- With bfloat16, our products are of fewer digits.

The tutorials' models are compiled as Keras does it when it is told nothing: by XLA.
"""

BATCH, PIXELS, SEED = 128, 784, 1

# What makes our side the tutorial's: its networks, and a KL divergence of full weight at once.
SAME: dict[str, dict[str, Any]] = {
    "vae": {
        "batch_size": BATCH,
        "warm_up": 0.0,
        "layers": 1,
        "latent": 2,
        "activation": "relu",
        "weight_decay": 0.0,
    },
    "gan": {
        "batch_size": BATCH,
        "generator": "dense",
        "conditional": False,
        "batch_norm": False,
    },
}


class Contestant(NamedTuple):
    """One way to train.

    Attributes:
        name: for the table.
        networks: encoder and decoder, or generator and discriminator; the same weights, in the same
            order, on both sides.
        run: takes a turn's steps; returns the means of its losses.
    """

    name: str
    networks: tuple[keras.Model, keras.Model]
    run: Callable[[], Mapping[str, float]]


def ours(
    family: str, dataset: Dataset, images: np.ndarray, total_steps: int, bfloat16: bool = False
) -> Contestant:
    """A family's own model and stream, as its training fits them, without callbacks."""
    chosen: Any = families.load(family)(dataset)
    values = _values_of(family, bfloat16=bfloat16)
    model = chosen.build(values, total_steps=total_steps, seed=SEED)
    split = Split(images, np.zeros(len(images), np.int64))
    stream = chosen.batches(split, values, training=True, seed=SEED)
    networks = (
        (model.encoder, model.decoder)
        if family == "vae"
        else (model.generator, model.discriminator)
    )

    def run() -> Mapping[str, float]:
        return {name: seen[-1] for name, seen in model.fit(stream, verbose=0).history.items()}

    return Contestant("ours, bfloat16" if bfloat16 else "ours", networks, run)


def _values_of(family: str, **changes: Any) -> dict[str, Any]:
    """The hyperparameters with which our side is the tutorial's."""
    return resolve(families.load(family).hyperparameters, None, SAME[family] | changes)


class TutorialVae(keras.Model):
    """The usual VAE: a Keras model whose train_step is its own.

    Its loss is summed over pixels and latents; or `averaged`, as in many a tutorial.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, averaged: bool = False) -> None:
        super().__init__()
        self.averaged = averaged
        self.encoder, self.decoder = encoder, decoder
        self.noise = keras.random.SeedGenerator(SEED)
        self.trackers = [
            keras.metrics.Mean(name=name) for name in ("nelbo", "reconstruction", "kl")
        ]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.trackers)

    def train_step(self, data: Any) -> dict[str, Any]:
        """A step on grey images, float32 (B, 784), in [0, 1]."""
        drawn = keras.random.uniform(ops.shape(data), seed=self.noise)
        pixels = ops.cast(drawn < data, "float32")
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(self.encoder(pixels, training=True), 2, axis=1)
            noise = keras.random.normal(ops.shape(mean), seed=self.noise)
            made = self.decoder(mean + ops.exp(0.5 * log_variance) * noise, training=True)
            reconstruction = ops.mean(PIXELS * keras.losses.binary_crossentropy(pixels, made))
            kl = -0.5 * (1.0 + log_variance - ops.square(mean) - ops.exp(log_variance))
            kl = ops.mean(ops.sum(kl, axis=1))
            nelbo = loss = reconstruction + kl
            if self.averaged:
                loss = reconstruction / PIXELS + kl / mean.shape[1]
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        for tracker, value in zip(self.trackers, (nelbo, reconstruction, kl), strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


def tutorial_vae(images: np.ndarray, total_steps: int, averaged: bool = False) -> Contestant:
    """The usual VAE, by `fit` on an array; see TutorialVae."""
    values = _values_of("vae")
    latent, units, depth = values["latent"], values["units"], values["layers"]

    def network(inputs: int, outputs: int, activation: str | None) -> keras.Model:
        hidden = [layers.Dense(units, activation="relu") for _ in range(depth)]
        last = layers.Dense(outputs, activation=activation)
        return keras.Sequential([keras.Input((inputs,)), *hidden, last])

    encoder, decoder = network(PIXELS, 2 * latent, None), network(latent, PIXELS, "sigmoid")
    model = TutorialVae(encoder, decoder, averaged)
    model.compile(keras.optimizers.Adam(RiseAndFall(values["learning_rate"], total_steps)))
    grey = images.reshape(-1, PIXELS).astype(np.float32) / 255.0

    def run() -> Mapping[str, float]:
        history = model.fit(grey, batch_size=BATCH, verbose=0).history
        return {name: seen[-1] for name, seen in history.items()}

    return Contestant("tutorial", (encoder, decoder), run)


def tutorial_gan(images: np.ndarray, total_steps: int, frozen: bool = False) -> Contestant:
    """The usual GAN, by a loop over batches in Python.

    Tutorials set `discriminator.trainable = False`, for the combined model alone. Keras 2 knew the
    flag as it was when a model was compiled, Keras 3 looks at it when a model is first trained: the
    discriminator is `frozen` for good, and only warns.
    """
    values = _values_of("gan")
    latent, units, real_label = values["latent"], values["units"], 1.0 - values["label_smoothing"]
    generator = keras.Sequential([keras.Input((latent,))])
    for place in range(values["generator_layers"]):
        generator.add(layers.Dense(2**place * units))
        generator.add(layers.LeakyReLU(negative_slope=0.2))
    generator.add(layers.Dense(PIXELS, activation="tanh"))
    discriminator = keras.Sequential([keras.Input((PIXELS,))])
    for width in (2 * units, units):
        discriminator.add(layers.Dense(width))
        discriminator.add(layers.LeakyReLU(negative_slope=0.2))
        discriminator.add(layers.Dropout(values["dropout"]))
    discriminator.add(layers.Dense(1, activation="sigmoid"))

    def adam() -> keras.optimizers.Adam:
        schedule = RiseAndFall(values["learning_rate"], total_steps, rise=0.01, last=0.1)
        return keras.optimizers.Adam(schedule, beta_1=values["beta_1"])

    discriminator.compile(adam(), loss="binary_crossentropy")
    seen = discriminator
    if frozen:
        discriminator.trainable = False
    else:
        # A Lambda owns no weights: the combined model sees the discriminator, but cannot change it.
        seen = layers.Lambda(lambda pixels, training=None: discriminator(pixels, training=training))
    combined = keras.Sequential([keras.Input((latent,)), generator, seen])
    combined.compile(adam(), loss="binary_crossentropy")
    real = images.reshape(-1, PIXELS).astype(np.float32) / 127.5 - 1.0
    draw = np.random.default_rng(SEED)
    ones, zeros = np.ones((BATCH, 1), np.float32), np.zeros((BATCH, 1), np.float32)

    def run() -> Mapping[str, float]:
        losses = []
        for chosen in draw.permutation(len(real)).reshape(-1, BATCH):
            made = generator.predict(draw.standard_normal((BATCH, latent), np.float32), verbose=0)
            on_real = discriminator.train_on_batch(real[chosen], real_label * ones)
            on_made = discriminator.train_on_batch(made, zeros)
            noise = draw.standard_normal((BATCH, latent), np.float32)
            losses.append((combined.train_on_batch(noise, ones), on_real + on_made))
        generator_loss, discriminator_loss = np.mean(losses, axis=0)
        return {"generator_loss": generator_loss, "discriminator_loss": discriminator_loss}

    return Contestant("tutorial", (generator, discriminator), run)


TUTORIALS = {"vae": tutorial_vae, "gan": tutorial_gan}


def measure(contestants: list[Contestant], rounds: int) -> np.ndarray:
    """Seconds of each turn, (rounds, contestants); they take turns."""
    seconds = np.empty((rounds + 1, len(contestants)))
    for turn in seconds:
        for place, contestant in enumerate(contestants):
            started = time.perf_counter()
            contestant.run()
            turn[place] = time.perf_counter() - started
    return seconds[1:]


def main(arguments: list[str] | None = None) -> int:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family", choices=TUTORIALS, help="one of them; both, if left out")
    count = argument(Kind(int, least=1, most=100_000))
    parser.add_argument("--steps", type=count, default=468, help="of a turn; 468, an epoch")
    parser.add_argument("--rounds", type=count, default=5, help="turns of each that count; 5")
    parser.add_argument("--data-dir", type=path_argument, default=ROOT / "data" / "mnist")
    options = parser.parse_args(arguments)
    reader, dataset = reader_of(options.data_dir), read_dataset(options.data_dir)
    if dataset.pixels != PIXELS:
        parser.error(f"a tutorial's networks take {PIXELS} pixels, not {dataset.pixels}")
    pair = reader.find_dataset(options.data_dir)["train"]
    wanted = options.steps * BATCH
    kept = reader.read_images(pair.images, 0, min(wanted, pair.count))
    images = kept[np.arange(wanted) % len(kept)]
    total = options.steps * (options.rounds + 1)
    tf.get_logger().setLevel("ERROR")  # it takes many models for one that is traced again
    cores = len(os.sched_getaffinity(0))
    print(  # noqa: T201
        f"{options.rounds} rounds of {options.steps} steps of {BATCH} images; {cores} "
        f"cores, TensorFlow {tf.__version__}, Keras {keras.__version__}\n\n"
        f"{'family':8}{'loop':16}{'steps/s':>10}{'ratio':>8}   from  to",
        flush=True,
    )
    for family in [options.family] if options.family else TUTORIALS:
        keras.utils.set_random_seed(SEED)
        contestants = [
            TUTORIALS[family](images, total),
            *(ours(family, dataset, images, total, bfloat16) for bfloat16 in (False, True)),
        ]
        seconds = measure(contestants, options.rounds)
        ratios = seconds[:, :1] / seconds
        in_all = seconds.sum(axis=0)
        speeds = options.steps * options.rounds / in_all
        for place, contestant in enumerate(contestants):
            ratio = ratios[:, place]
            print(  # noqa: T201
                f"{family:8}{contestant.name:16}{speeds[place]:10.1f}"
                f"{in_all[0] / in_all[place]:8.2f}{ratio.min():7.2f}{ratio.max():6.2f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
