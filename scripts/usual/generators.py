"""VAE and GAN as tutorials train them, the same mended, and ours, by the project's own figures.

All learn from the same images for as many epochs, and are judged on the eval split: the samples by
the project's judge, the VAE by its bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from modules import families
from modules.contract.family import TrainingRun
from modules.contract.hyperparameters import resolve
from modules.data.splits import Split, Splits
from modules.metrics.sample_scores import sample_figures
from modules.metrics.samples import SampleFacts, in_batches
from scripts.ablate import read_splits
from scripts.benchmark import BATCH, PIXELS, SAME, Contestant, tutorial_gan, tutorial_vae
from scripts.usual.table import Row

tf.get_logger().setLevel("ERROR")  # it takes many models for one that is traced again

OF_SAMPLES = ("relative_frechet", "relative_coverage", "precision", "classes")
OF_VAE = ("nelbo", "kl", "active_latents", "mse", "relative_coverage")
_KNOWN = 0.01  # of the samples, from which on a class is one that is made
_EVERY = 10**9  # the importance-weighted bound of the first image alone

Learnt = tuple[Mapping[str, float], float]  # figures, and seconds of training


def vae(data_dir: Path, images: int, epochs: int, seed: int) -> list[Row]:
    """The loss averaged over pixels and latents, the same summed, and ours."""
    family, splits = _read("vae", data_dir, images)
    same = resolve(family.hyperparameters, None, SAME["vae"])

    def usual(averaged: bool) -> Learnt:
        theirs, seconds = _turns(
            lambda pixels, steps: tutorial_vae(pixels, steps, averaged), splits, epochs, seed
        )
        model = family.build(same, total_steps=1, seed=seed)
        for own, network in zip((model.encoder, model.decoder), theirs, strict=True):
            own.set_weights(network.get_weights())  # to the logits of the same
        return _of_vae(family, model, splits, seed), seconds

    def ours() -> Learnt:
        model, seconds = _train(family, splits, epochs, seed)
        return _of_vae(family, model, splits, seed), seconds

    return [
        _row("usual: loss averaged over pixels and latents", usual(averaged=True), OF_VAE),
        _row("mended: loss summed over both", usual(averaged=False), OF_VAE),
        _row("ours, default profile's network", ours(), OF_VAE),
    ]


def gan(data_dir: Path, images: int, epochs: int, seed: int) -> list[Row]:
    """The discriminator frozen for good, the same not frozen, and ours."""
    family, splits = _read("gan", data_dir, images)
    latent = resolve(family.hyperparameters, None, SAME["gan"])["latent"]

    def usual(frozen: bool) -> Learnt:
        (generator, _), seconds = _turns(
            lambda pixels, steps: tutorial_gan(pixels, steps, frozen), splits, epochs, seed
        )

        def sample(count: int) -> np.ndarray:
            noise = np.random.default_rng(seed).standard_normal((count, latent), np.float32)
            made: np.ndarray = (generator.predict(noise, verbose=0) + 1.0) / 2.0
            return made.reshape(-1, family.dataset.side, family.dataset.side)

        return _of_samples(family, sample, splits, seed), seconds

    def ours() -> Learnt:
        model, seconds = _train(family, splits, epochs, seed)
        return _of_samples(family, in_batches(model.sample), splits, seed), seconds

    return [
        _row("usual: discriminator frozen for good", usual(frozen=True), OF_SAMPLES),
        _row("mended: it learns", usual(frozen=False), OF_SAMPLES),
        _row("ours, default profile's networks", ours(), OF_SAMPLES),
    ]


def _read(name: str, data_dir: Path, images: int) -> tuple[Any, Splits]:
    dataset, splits = read_splits(data_dir, images)
    if dataset.pixels != PIXELS:
        raise ValueError(f"a tutorial's networks take {PIXELS} pixels, not {dataset.pixels}")
    if len(splits.train.images) < BATCH:
        raise ValueError(f"{images} images are too few: give at least {2 * BATCH}")
    return families.load(name)(dataset), splits


def _turns(
    make: Callable[[np.ndarray, int], Contestant], splits: Splits, epochs: int, seed: int
) -> tuple[tuple[keras.Model, keras.Model], float]:
    """Trains a tutorial's networks for so many epochs of whole batches."""
    keras.utils.set_random_seed(seed)
    steps = len(splits.train.images) // BATCH
    contestant = make(splits.train.images[: steps * BATCH], steps * epochs)
    started = time.monotonic()
    for _ in range(epochs):
        contestant.run()
    return contestant.networks, time.monotonic() - started


def _train(family: Any, splits: Splits, epochs: int, seed: int) -> tuple[Any, float]:
    values = resolve(family.hyperparameters, None, family.profiles["default"].hyperparameters)
    started = time.monotonic()
    trained = family.train(values, splits, TrainingRun(epochs=epochs, seed=seed))
    return trained.keras, time.monotonic() - started


def _of_vae(family: Any, model: Any, splits: Splits, seed: int) -> Mapping[str, float]:
    from modules.networks.vae_answers import facts_of

    def about(images: np.ndarray, index: np.ndarray) -> dict[str, Any]:
        return facts_of(model, tf.constant(images), tf.constant(index), 1, _EVERY)

    facts = _facts(family, in_batches(model.sample), splits, seed, about)
    found: Mapping[str, float] = family.figures(splits.held_out.labels, facts)
    return found


def _of_samples(
    family: Any, sample: Callable[[int], np.ndarray], splits: Splits, seed: int
) -> Mapping[str, float]:
    found = sample_figures(_facts(family, sample, splits, seed), family.dataset.names)
    shares = [found[f"share_of_{name}"] for name in family.dataset.names]
    return {**found, "classes": float(sum(share > _KNOWN for share in shares))}


def _facts(
    family: Any,
    sample: Callable[[int], np.ndarray],
    splits: Splits,
    seed: int,
    more: Callable[[np.ndarray, np.ndarray], Mapping[str, Any]] = lambda *_: {},
) -> dict[str, np.ndarray]:
    """Facts about each held-out image, and the samples that travel with them."""
    facts = SampleFacts(sample, splits.train.images, seed, family.eyes)
    held_out: Split = splits.held_out
    parts = []
    for start in range(0, len(held_out.images), 500):
        images = held_out.images[start : start + 500]
        index = np.arange(start, start + len(images))
        parts.append({**facts.about(images, index), **more(images, index)})
    return {name: np.concatenate([np.asarray(one[name]) for one in parts]) for name in parts[0]}


def _row(name: str, learnt: Learnt, figures: tuple[str, ...]) -> Row:
    found, seconds = learnt
    return Row(name, {**{figure: found[figure] for figure in figures}, "seconds": seconds})
