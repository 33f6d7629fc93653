"""Trains a judge, in steps that a kill interrupts and does not change."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from modules.data.splits import Split
from modules.metrics import judge_weights
from modules.metrics.judge import FACTS, Judge, load
from modules.networks.randomness import Numbered
from modules.training import progress
from modules.training.judge_learner import Learner, move

BATCH = 64
WARM_UP = 500  # steps, of a long training
KEPT = 0.95  # accuracy from which a judge of other images is as good as one of these

# 14 times over the images is what the shipped judge had; a few need more, many need less.
_EPOCHS, _LEAST, _MOST = 14, 1200, 6000  # steps
_ROUND = 50  # steps from one kept state to the next


def fits(judge: Judge, held_out: Split, classes: int, least: float) -> Judge | None:
    """The judge, with its accuracy on these images, if it reads them; None if it does not.

    Args:
        judge: of other images.
        held_out: those that it has to read.
        classes: that they are of.
        least: the accuracy that it must reach, besides KEPT.
    """
    if (judge.side, judge.classes) != (held_out.images.shape[1], classes):
        return None
    accuracy = judge.accuracy_on(*held_out)
    return dataclasses.replace(judge, accuracy=accuracy) if accuracy >= max(KEPT, least) else None


def trained_or_kept(train: Split, held_out: Split, classes: int, seed: int, folder: Path) -> Judge:
    """Trains a judge, or takes the one that has been trained in the folder.

    Args:
        train: to learn from.
        held_out: to measure its accuracy on; nothing is chosen by it.
        classes: to be told apart.
        seed: for first weights, order and changes of images.
        folder: keeps the state of training, and the judge, for this one only.
    """
    done = folder / "done"
    if (done / FACTS).exists():
        return load(done)
    judge = learn(train, classes, seed, folder)
    judge = dataclasses.replace(judge, accuracy=judge.accuracy_on(*held_out))
    judge.save(done)
    return judge


def steps_for(images: int) -> int:
    """How many steps a judge learns from so many images."""
    return min(_MOST, max(_LEAST, _EPOCHS * images // BATCH))


def learn(split: Split, classes: int, seed: int, folder: Path) -> Judge:
    """Trains a judge; one that was killed goes on as if it had not been.

    Args:
        split: to learn from.
        classes: to be told apart.
        seed: for first weights, order and changes of images.
        folder: keeps the state of training, for this one only.

    Returns:
        The judge, whose accuracy nobody has measured yet: NaN.
    """
    count, side = len(split.images), split.images.shape[1]
    steps = steps_for(count)
    learner = Learner(side, classes, steps, min(WARM_UP, steps // 10), seed)
    step = _step_of(learner, split, seed)
    kept, size = folder / "state.npz", min(BATCH, count)
    order = _Order(count, size, seed)
    done = _restore(learner, kept)
    while done < steps:
        stop, losses = min(done + _ROUND, steps), []
        for number in range(done, stop):
            losses.append(step(order.of(number), tf.constant(number, tf.int64)))
        done = stop
        _keep(learner, kept, done)
        figure = progress.name_figure("loss", float(np.mean(losses)))
        detail = f"judge, step {done}/{steps}"
        progress.report(progress.Progress("training", done, steps, figure, detail))
    weights = tuple(weight.numpy() for weight in learner.weights)
    mark = judge_weights.fingerprint_of(weights)
    return Judge(side, classes, float("nan"), mark, weights)


def _step_of(learner: Learner, split: Split, seed: int) -> Callable[[Any, Any], Any]:
    images, labels = tf.constant(split.images), tf.constant(split.labels, tf.int64)

    @tf.function
    def step(chosen: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        seeds = tf.stack([tf.constant(seed, tf.int64), number])
        moved = move(tf.gather(images, chosen), seeds)
        return learner.learn(moved, tf.gather(labels, chosen), Numbered(seeds))

    return step


class _Order:
    """Which images each step takes: every epoch shuffled anew, what fills no batch left out."""

    def __init__(self, count: int, size: int, seed: int) -> None:
        self._count, self._size, self._seed = count, size, seed
        self._epoch, self._numbers = -1, np.arange(0)

    def of(self, step: int) -> tf.Tensor:
        """The places of a step's images, int64 (B,)."""
        epoch, place = divmod(step, self._count // self._size)
        if epoch != self._epoch:
            random = np.random.default_rng((self._seed, epoch))
            self._epoch, self._numbers = epoch, random.permutation(self._count)
        chosen = self._numbers[place * self._size : (place + 1) * self._size]
        return tf.constant(chosen, tf.int64)


def _keep(learner: Learner, path: Path, done: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = [np.asarray(done), *(variable.numpy() for variable in learner.state)]
    judge_weights.write_weights(path, state)


def _restore(learner: Learner, path: Path) -> int:
    """Takes over a kept state; says how many steps it has behind it: 0 without one."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            done, *state = (stored[f"w{place}"] for place in range(len(stored.files)))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return 0
    for variable, value in zip(learner.state, state, strict=True):
        variable.assign(value)
    return int(done)
