"""Keras callbacks that every family's training shares."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from modules.contract.family import TrainingStopped
from modules.util.files import write_bytes, write_json
from modules.util.memory import Memory

_SECONDS_BETWEEN_REPORTS = 0.3


class NotFiniteLossError(TrainingStopped):
    """The loss became NaN or infinite, so nothing more can be learnt."""


class CollapseError(TrainingStopped):
    """The model collapsed and stayed so."""


class StopOnNotFiniteLoss(keras.callbacks.Callback):
    """Ends training as soon as a loss (a figure whose name ends so) is not a finite number.

    Args:
        objective: a figure of held-out images that has to be one after each epoch, like the losses:
            the last step of all may spoil a model whose losses were finite before it.

    Raises:
        NotFiniteLossError: with the epoch, in one sentence.
    """

    def __init__(self, objective: str = "") -> None:
        super().__init__()
        self._objective = objective
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._check(logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._check(logs or {})

    def _check(self, logs: Mapping[str, Any]) -> None:
        for name, value in logs.items():
            watched = name.endswith("loss") or name == self._objective
            if watched and not math.isfinite(value):
                raise NotFiniteLossError(
                    f"training stopped in epoch {self._epoch + 1}: the {name.replace('_', ' ')} "
                    f"is {value}, so the learning rate may be too high"
                )


class StopOnCollapse(keras.callbacks.Callback):
    """Ends training when the model has been collapsed for too long to come back.

    Args:
        collapsed: says in a sentence what is wrong after an epoch, by its figures; empty when
            nothing is.
        epochs: of the whole training; a third of them in a row, and at least 5, are too long.
        past: the figures of the epochs before a resumed training's first, by name.

    Raises:
        CollapseError: with the epoch, in one sentence.
    """

    def __init__(
        self,
        collapsed: Callable[[dict[str, Any]], str],
        epochs: int,
        past: Mapping[str, Sequence[float]],
    ) -> None:
        super().__init__()
        self._collapsed = collapsed
        self._patience = max(5, epochs // 3)
        self._bad = 0
        for figures in zip(*past.values(), strict=True):
            self._count(dict(zip(past, figures, strict=True)))

    def _count(self, logs: dict[str, Any]) -> str:
        problem = self._collapsed(logs)
        self._bad = self._bad + 1 if problem else 0
        return problem

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        problem = self._count(logs or {})
        if self._bad >= self._patience:
            raise CollapseError(f"training stopped in epoch {epoch + 1}: {problem}")


class Clock(keras.callbacks.Callback):
    """Measures how long each epoch takes, from its first step until held-out images have judged it.

    Attributes:
        seconds: of each epoch; of a resumed training, those before its first as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._begun = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._begun = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.seconds.append(round(time.monotonic() - self._begun, 3))


class ReportSteps(keras.callbacks.Callback):
    """Tells how far fitting is, a few times a second and at every epoch's end.

    Args:
        tell: gets the number of epochs that are done, a float, and the latest logs.
        steps: of an epoch.
    """

    def __init__(self, tell: Callable[[float, dict[str, Any]], None], steps: int) -> None:
        super().__init__()
        self._tell = tell
        self._steps = steps
        self._epoch = 0
        self._next = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _SECONDS_BETWEEN_REPORTS
            self._tell(self._epoch + min(1.0, (batch + 1) / self._steps), logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._tell(epoch + 1.0, logs or {})


class Backup(keras.callbacks.Callback):
    """Keeps the state of training after each epoch, so that a killed run can go on.

    A backup is two files: the history with the seconds of each epoch, then the weights (the
    optimizer's state included) under a name that holds the epoch. The weights get that name only
    when they are complete, so a kill at any moment leaves the last whole backup; one of the two
    files alone is none.

    Args:
        directory: for these backups only.
        clock: measures each epoch before it is kept, and gets back the seconds of those that are
            restored.
    """

    def __init__(self, directory: str | Path, clock: Clock) -> None:
        super().__init__()
        self.directory = Path(directory)
        self.past: dict[str, list[float]] = {}
        self._clock = clock

    def restore(self, model: keras.Model) -> int:
        """Loads the newest backup into a compiled model that is built, optimizers included.

        Returns:
            How many epochs are done: 0 without a backup.
        """
        done = self._epochs_kept()
        if not done:
            return 0
        model.load_weights(self._weights(done[-1]))
        kept = json.loads(self._history(done[-1]).read_text(encoding="utf-8"))
        self.past, self._clock.seconds = kept["history"], kept["seconds"]
        return done[-1]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for name, value in (logs or {}).items():
            self.past.setdefault(name, []).append(float(value))
        self.directory.mkdir(parents=True, exist_ok=True)
        kept = {"history": self.past, "seconds": self._clock.seconds}
        write_json(self._history(epoch + 1), kept)
        save_weights(self.model, self._weights(epoch + 1))
        for old in self._epochs_kept()[:-1]:
            self._weights(old).unlink()
            self._history(old).unlink(missing_ok=True)

    def _epochs_kept(self) -> list[int]:
        found = self.directory.glob("epoch-*.weights.h5")
        epochs = (int(path.name.removeprefix("epoch-").split(".")[0]) for path in found)
        return sorted(epoch for epoch in epochs if self._history(epoch).exists())

    def _weights(self, epoch: int) -> Path:
        return self.directory / f"epoch-{epoch:05d}.weights.h5"

    def _history(self, epoch: int) -> Path:
        return self.directory / f"epoch-{epoch:05d}.json"


def save_weights(model: keras.Model, path: Path) -> None:
    """Saves weights and optimizer state, all or nothing.

    Args:
        model: compiled and built.
        path: ends in .weights.h5.

    Raises:
        OSError: the file cannot be written.
    """
    memory = Memory(path.name)
    model.save_weights(memory)
    write_bytes(path, memory.getbuffer())
