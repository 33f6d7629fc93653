"""Trains many configurations of one family one after the other, and keeps their learning curves.

A training of some seconds costs as much again until its step is compiled. So configurations whose
graph is the same share one model: its variables are set back to the first weights, and the rate of
learning is read from variables. The figures are those of the family's own training.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from modules.contract.family import TrainingStopped
from modules.contract.hyperparameters import Values
from modules.data.draw import draw
from modules.data.epochs import EpochSeed
from modules.data.splits import Split
from modules.kinds.keras_family import KerasFamily
from modules.networks.live import Number
from modules.networks.schedules import RiseAndFall
from modules.training.callbacks import StopOnNotFiniteLoss
from scripts.ablate import read_splits

SHARED = ("learning_rate", "shift", "turn", "zoom")  # need no new graph
FIGURES = ("val_accuracy", "val_loss", "third_accuracy", "third_loss")


def three_parts(data_dir: Path, sizes: Sequence[int]) -> tuple[Any, list[Split]]:
    """Images to learn from, to choose by, and to judge by; none of them is a test image.

    The first are of the pipeline's train split, the others of its eval split.

    Args:
        data_dir: of the dataset.
        sizes: how many of each.

    Returns:
        The dataset, and the three parts.
    """
    dataset, splits = read_splits(data_dir, None)
    held_out = splits.held_out
    chosen = draw(held_out.labels, sizes[1])
    rest = np.setdiff1d(np.arange(len(held_out.labels)), chosen)
    third = rest[draw(held_out.labels[rest], sizes[2])]
    places = [(splits.train, draw(splits.train.labels, sizes[0])), (held_out, chosen)]
    return dataset, [Split(s.images[p], s.labels[p]) for s, p in [*places, (held_out, third)]]


class CurveTrainer:
    """Trains configurations, best of all one graph after the other.

    Args:
        family: whose network.
        parts: to learn from, to choose by, to judge by.
    """

    def __init__(self, family: KerasFamily, parts: Sequence[Split]) -> None:
        self._family = family
        self._learn, self._eval, self._third = parts
        self._graph: Any = None
        self._model: Any = None
        self._first: dict[int, list[np.ndarray]] = {}  # by seed
        self._peak, self._steps = Number(1.0), Number(1)

    def train(self, values: Values, seed: int, ends: Sequence[int]) -> dict[str, Any]:
        """Trains one configuration.

        Args:
            values: of all hyperparameters.
            seed: as a TrainingRun's.
            ends: epochs after which the schedule has come to its end; after each but the last one,
                the training goes on with a schedule that ends at the next.

        Returns:
            A list for each of FIGURES, a value an epoch; `failed` says why a training broke off.
        """
        model = self._model_of(values, seed)
        keras.utils.set_random_seed(seed)  # which the stream's own seed is mixed with
        history: dict[str, list[float]] = {name: [] for name in FIGURES}
        held_out = [
            self._family.batches(part, values, False, seed) for part in (self._eval, self._third)
        ]
        done = 0
        for end in ends:
            epoch_seed = EpochSeed(seed, done)
            stream = self._family.batches(self._learn, values, True, epoch_seed)
            self._peak.set(values["learning_rate"])
            self._steps.set(int(stream.cardinality()) * end)
            try:
                model.fit(
                    stream,
                    validation_data=held_out[0],
                    initial_epoch=done,
                    epochs=end,
                    verbose=0,
                    callbacks=[
                        StopOnNotFiniteLoss(self._family.objective.name),
                        _Curves(held_out[1], history, epoch_seed),
                    ],
                )
            except TrainingStopped as stopped:
                return {**history, "failed": str(stopped)}
            done = end
        return history

    def _model_of(self, values: Values, seed: int) -> Any:
        graph = {name: value for name, value in values.items() if name not in SHARED}
        if graph != self._graph:
            keras.backend.clear_session()
            self._model, self._first, self._graph = None, {}, graph
        if seed not in self._first:
            fresh = self._family.build(values, 1, seed)
            # Copies: what `numpy` gives may be the memory of the variable itself.
            self._first[seed] = [np.array(variable) for variable in _state(fresh)]
            if self._model is None:
                self._model = fresh
                fresh.optimizer.learning_rate = RiseAndFall(self._peak, self._steps)
        for variable, first in zip(_state(self._model), self._first[seed], strict=True):
            variable.assign(first)
        return self._model


def _state(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


class _Curves(keras.callbacks.Callback):
    """Writes down each epoch's figures, those of the third part among them."""

    def __init__(
        self, third: tf.data.Dataset, history: dict[str, list[float]], seed: EpochSeed
    ) -> None:
        super().__init__()
        self._third, self._history, self._seed = third, history, seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._seed.epoch.assign(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        found = self.model.evaluate(self._third, verbose=0, return_dict=True)
        seen = {**(logs or {}), **{f"third_{name}": value for name, value in found.items()}}
        for name in FIGURES:
            self._history[name].append(round(float(seen[name]), 5))
