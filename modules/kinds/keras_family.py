"""What families have in common whose models are Keras networks: above all, how they are trained."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modules.contract.family import Family, Signature, Trained, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import Values
from modules.data.dataset import Dataset
from modules.data.splits import Split, Splits
from modules.kinds.shared import SharedModels

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf


class KerasFamily(Family):
    """A family of Keras networks. A network says how it is built and fed; the rest is here.

    Attributes:
        live: hyperparameters whose value needs no other compiled model: `build` is given a
            modules.networks.live.Number for each where the model may serve several trainings, or
            they go into `batches` alone. Without any, each training builds its own model.
    """

    live: tuple[str, ...] = ()

    def __init__(self, dataset: Dataset, judge: Any = None) -> None:
        super().__init__(dataset, judge)
        self._shared = SharedModels(self.live)
        self._beside = False  # another one that may train at this moment

    def build(self, values: Values, total_steps: Any, seed: int) -> keras.Model:
        """A compiled model, built with its optimizers; schedules end after total_steps steps.

        It answers images, uint8 (B, S, S), and Keras can save and load it, so that people can take
        it along: classes that are not Keras's own are in modules/networks, registered.

        Args:
            values: of all hyperparameters; see `live`.
            total_steps: how many steps training will take.
            seed: for the first weights, and for all else that is drawn.

        Raises:
            ValueError: values that do not fit together, in a sentence.
        """
        raise NotImplementedError

    def batches(self, split: Split, values: Values, training: bool, seed: int) -> tf.data.Dataset:
        """What `fit` or its validation reads: of known cardinality, shuffled by the seed to train,
        else in order and whole."""
        raise NotImplementedError

    def signatures(self, model: Any, images: np.ndarray, seed: int) -> dict[str, Signature]:
        """How the exported model can be called; see Trained."""
        raise NotImplementedError

    def collapsed(self, logs: Mapping[str, float]) -> str:
        """Says what is wrong with a model that learns no more, by an epoch's figures; or ""."""
        del logs
        return ""

    def pictures(self, model: Any, images: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures by name; see Trained."""
        del model, images
        return {}

    def drawn(self, model: Any, held_out: Split) -> dict[str, np.ndarray]:
        """The pictures that a training draws on its way; `pictures`, unless labels tell more."""
        return self.pictures(model, held_out.images)

    def check(self, values: Values) -> None:
        """Builds a model, since that is where values meet."""
        self.build(values, total_steps=100, seed=0)

    def companion(self) -> KerasFamily | None:
        """Another one where models are shared, there are two cores, and no GPU does the work."""
        import tensorflow as tf

        cores = len(os.sched_getaffinity(0))
        gpu = tf.config.list_physical_devices("GPU") or tf.distribute.has_strategy()
        if not self.live or cores < 2 or gpu:
            return None
        if not self._shared:
            _begin_anew(0)
        other = type(self)(self.dataset, self.judge)
        self._beside = other._beside = True
        return other

    def graph(self, values: Values) -> Values:
        """Those that are not live."""
        return self._shared.graph(values)

    def train(self, values: Values, splits: Splits, run: TrainingRun) -> Trained:
        """Trains a network; the one place for its seed, its state, its scope and its progress."""
        import keras
        import tensorflow as tf

        from modules.data.epochs import EpochSeed
        from modules.training import callbacks, drawing

        shares = bool(self.live) and (run.trial or run.shares)
        if not (shares and (self._shared or self._beside)):
            _begin_anew(run.seed)
        seed = EpochSeed(run.seed)
        stream = self.batches(splits.train, values, training=True, seed=seed)
        steps = int(stream.cardinality())
        with tf.distribute.get_strategy().scope():
            models = self._shared if shares else SharedModels(self.live)
            model = models.fresh(self.build, values, steps * run.epochs, run.seed)
        done = run.start
        if run.go_on_from:
            model.load_weights(run.go_on_from)
        clock = callbacks.Clock()
        backup = callbacks.Backup(run.backup, clock) if run.backup else None
        if backup:
            done = max(done, backup.restore(model))
        past = {name: list(seen) for name, seen in backup.past.items()} if backup else {}
        if done:
            seed = EpochSeed(run.seed, done)
            stream = self.batches(splits.train, values, training=True, seed=seed)
        seen = keras.callbacks.History()
        watching: list[keras.callbacks.Callback] = [
            callbacks.StopOnNotFiniteLoss(self.objective.name),
            callbacks.ReportSteps(run.tell, steps),
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda e, _: seed.epoch.assign(e)),
        ]
        if not run.trial:  # which is short, and judged by its figures
            watching.append(callbacks.StopOnCollapse(self.collapsed, run.epochs, past))
        shown: list[keras.callbacks.Callback] = []
        if run.log_dir:
            shown = [
                keras.callbacks.TensorBoard(str(run.log_dir), write_graph=False),
                drawing.Pictures(
                    lambda: self.drawn(model, splits.held_out),
                    run.log_dir / "pictures",
                    run.epochs,
                ),
            ]
        # What is stopped is shown, too, its last epoch included; what is kept has been looked at.
        watching = [seen, clock, *shown, *watching, *([backup] if backup else [])]
        try:
            model.fit(
                stream,
                validation_data=self.batches(
                    splits.held_out, values, training=False, seed=run.seed
                ),
                initial_epoch=done,
                epochs=run.epochs,
                verbose=0,
                callbacks=watching,
            )
        except TrainingStopped as stopped:
            for one in shown:
                one.on_train_end()  # which Keras leaves out
            stopped.history = _joined(past, seen.history)
            stopped.epoch_seconds = clock.seconds
            raise
        if run.keep:
            callbacks.save_weights(model, run.keep)
        return Trained(
            history=_joined(past, seen.history),
            size=int(model.count_params()),
            trackable=model,
            signatures=lambda images, seed: self.signatures(model, images, seed),
            pictures=lambda images: self.pictures(model, images),
            epoch_seconds=clock.seconds,
            keras=model,
        )


def _begin_anew(seed: int) -> None:
    """Makes TensorFlow prepare anew whatever it has compiled, in all threads."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)


def _joined(
    past: Mapping[str, Sequence[float]], seen: Mapping[str, Sequence[Any]]
) -> dict[str, list[float]]:
    """The figures of all epochs, from those before a resumed training's first and those since."""
    return {
        name: [*past.get(name, ()), *map(float, seen.get(name, ()))] for name in {**past, **seen}
    }
