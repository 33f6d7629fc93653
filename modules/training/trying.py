"""The training of a trial, and what is kept of it."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from keras_tuner.errors import FatalRuntimeError

from modules.contract.family import IMAGES, Family, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import Values, fitting
from modules.training import progress
from modules.training.journal import Attempt, Journal
from modules.training.rehearsal import rehearse
from modules.training.search_data import SearchData
from modules.training.searches import cost, share
from modules.training.tasks import SearchTask
from modules.training.workers import Tell, Workers
from modules.util.files import digest


class Trying:
    """Whoever trains trials: a part of Search."""

    def _tries(self, family: Family, task: SearchTask, data: SearchData, journal: Journal) -> None:
        """Takes whose models, the search's task, what trials use, and what keeps their ends."""
        self._family, self._task, self._data, self._journal = family, task, data, journal
        self._objective = family.objective.name
        self._workers: Workers[dict[str, Any]] = Workers(family)
        self._ahead: list[Attempt] = []  # begun before their results are asked for
        self._last = time.monotonic()
        self._clock = threading.Lock()
        self._rehearsed = False

    def _images(self, attempt: Attempt) -> int:
        images = self._data.count
        if self._family.resource == IMAGES:
            return share(images, attempt.until, self._task.max_epochs)
        return images

    def _cost(self, attempt: Attempt) -> int:
        task, images = self._task, self._data.count
        return cost(task, self._family.resource, images, attempt.start, attempt.until)

    def _known(self, attempt: Attempt) -> dict[str, Any] | None:
        """What an earlier search, or an earlier trial of this one, found."""
        return None if attempt.key in self._workers else self._journal.read(attempt)

    def _trained(self, attempt: Attempt, tell: Tell) -> dict[str, Any]:
        """Trains an attempt's model, and beside it those that are ahead."""
        wanted = [attempt, *self._ahead]
        for one in wanted:
            if self._known(one) is None:
                self._begin(one)
        self._workers.keep_only([one.key for one in wanted])
        return self._workers.result(attempt.key, tell)

    def _begin(self, attempt: Attempt) -> None:
        """Has an attempt's model trained as soon as there is a worker."""
        takes = self._cost(attempt)
        if not self._rehearsed:  # before any other training
            self._rehearse(attempt.values)
            self._rehearsed = True

        def work(family: Family, tell: Tell) -> dict[str, Any]:
            return self._run(family, attempt, lambda part: tell(part * takes))

        kind = digest(self._family.graph(attempt.values))
        self._workers.begin(attempt.key, work, kind)

    def _run(self, family: Family, attempt: Attempt, tell: Tell) -> dict[str, Any]:
        """Trains an attempt's model, and writes into the journal how that went."""
        anew = family.resource == IMAGES
        parent = None if anew else attempt.parent
        if parent and self._journal.lacks_state(parent):
            # It was not needed by the search that made it.
            self._run(family, parent, lambda _: tell(0.0))
        start = 0 if anew else attempt.start
        goes_on = attempt.until < self._task.max_epochs and not anew
        run = TrainingRun(
            epochs=attempt.until,
            seed=attempt.seed,
            start=start,
            trial=True,
            go_on_from=self._journal.state(parent) if parent else None,
            keep=self._journal.state(attempt) if goes_on else None,
            tell=lambda done, _: tell((min(done, attempt.until) - start) / (attempt.until - start)),
        )
        entry = self._train(family, attempt.values, run)
        with self._clock:  # so that the seconds of all are those of the clock
            now = time.monotonic()
            entry["seconds"], self._last = round(now - self._last, 3), now
        entry["state"] = goes_on and self._journal.state(attempt).exists()
        try:
            self._journal.write(attempt, {"values": dict(attempt.values), **entry})
        except OSError as error:
            # Keras Tuner would count the trial as failed, and look for other values.
            raise FatalRuntimeError(f"a trial's result was not written: {error}") from error
        return entry

    def _train(self, family: Family, values: Values, run: TrainingRun) -> dict[str, Any]:
        try:
            values = fitting(values, self._data.count)
            splits = self._data.splits()
            if family.resource == IMAGES:
                part = share(self._data.count, run.epochs, self._task.max_epochs)
                splits = self._data.first(part)
            trained = family.train(values, splits, run)
        except TrainingStopped as error:
            return {"failed": str(error)}
        except Exception as error:
            raise _ends_all(error) from error
        figures = {name: float(seen[-1]) for name, seen in trained.history.items()}
        if not math.isfinite(score := figures[self._objective]):
            return {"failed": f"training ended with {progress.name_figure(self._objective, score)}"}
        return {"metrics": figures}

    def _rehearse(self, values: Values) -> None:
        task, data = self._task, self._data
        splits, files = data.splits(), data.held_out_files
        try:
            values = fitting(values, data.count)
            rehearse(task.family, task.source, self._family, values, splits, files)
        except Exception as error:
            raise _ends_all(error) from error


def _ends_all(error: Exception) -> FatalRuntimeError:
    """Keras Tuner would go on to the next trial, which would meet the same mistake."""
    return FatalRuntimeError(f"a trial failed: {error}")
