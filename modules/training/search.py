"""A search over trials that keeps what each of them found."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.errors import FailedTrialError, FatalRuntimeError

from modules.contract.family import Family, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import Values, fitting, resolve
from modules.data.images import list_files, load_split
from modules.data.splits import Split, Splits
from modules.training import progress
from modules.training.rehearsal import rehearse
from modules.training.searches import SEARCHES
from modules.training.tasks import SearchTask
from modules.util.files import digest, write_json

_UNITS = 100  # a search's progress is told in hundredths of an epoch


class SearchFailedError(RuntimeError):
    """No trial of a search came to an end with a figure."""


class SearchStopped(SearchFailedError, TrainingStopped):
    """No trial did since each was broken off: none of the models that were tried can be trained."""


class SearchData:
    """The images that trials learn from and are judged by, read when a trial first needs them.

    Args:
        train_files: patterns of TFRecord files.
        eval_files: patterns of TFRecord files.
        side: of an image, in pixels.
        images: how many training images to use, drawn by the seed; None for all.
        seed: of the draw.
    """

    def __init__(
        self,
        train_files: Sequence[str],
        eval_files: Sequence[str],
        side: int,
        images: int | None,
        seed: int,
    ) -> None:
        self._side = side
        self._files = (train_files, eval_files)
        self._images = images
        self._seed = seed
        self._splits: Splits | None = None

    @property
    def held_out_files(self) -> list[str]:
        """TFRecord files of the images to judge by."""
        return list_files(self._files[1])

    @property
    def count(self) -> int:
        """How many images a trial learns from."""
        return len(self.splits().train.images)

    def splits(self) -> Splits:
        """The images to learn from, and those to judge by."""
        if self._splits is None:
            (images, labels), held_out = (load_split(files, self._side) for files in self._files)
            if self._images and self._images < len(images):
                drawn = np.random.default_rng(self._seed).permutation(len(images))[: self._images]
                images, labels = images[drawn], labels[drawn]
            self._splits = Splits(Split(images, labels), held_out)
        return self._splits


class Search(BaseTuner):
    """Runs an oracle's trials, and keeps each result in a journal of one file a trial.

    Keras Tuner saves a search in several files that a kill can leave half-written or out of step.
    So nothing is read back from them: a search that starts again asks a new oracle, which proposes
    the same trials when it is told the same results, and answers from the journal what is there.

    Args:
        oracle: proposes trials; deterministic, see make_oracle.
        family: whose models.
        task: the search's; max_epochs is how long a trial lasts at most.
        data: what trials use.
        journal: the directory that keeps results; its name must stand for all that shapes them.
        scratch: a directory for what Keras Tuner writes.
    """

    def __init__(
        self,
        oracle: Any,
        family: Family,
        task: SearchTask,
        data: SearchData,
        journal: Path,
        scratch: str,
    ) -> None:
        super().__init__(oracle, directory=scratch, project_name="search", overwrite=True)
        self._family = family
        self._objective = family.objective.name
        self._task = task
        self._data = data
        self._journal = journal
        self._keys: dict[str, str] = {}  # trial id -> name in the journal
        self._broken_off: dict[str, str] = {}  # trial id -> why
        self._trials, self._epochs = SEARCHES[task.search].work(task)
        self._epochs_done = 0

    def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
        """Trains the trial's model, or reads in the journal how that went."""
        values = trial.hyperparameters.values
        parent = self._keys.get(values.get("tuner/trial_id", ""), "")
        own = {name: value for name, value in values.items() if name != "tuner/trial_id"}
        key = self._keys[trial.trial_id] = digest([own, parent])
        until = int(values.get("tuner/epochs", self._task.max_epochs))
        start = int(values.get("tuner/initial_epoch", 0))

        entry = self._read(key)
        if entry is None:
            promoted = values.get("tuner/bracket", 0) > values.get("tuner/round", 0)
            run = TrainingRun(
                epochs=until,
                seed=self._task.seed,
                start=start,
                trial=True,
                go_on_from=self._weights(parent) if parent else None,
                keep=self._weights(key) if promoted else None,  # a later round may go on from it
                tell=self._teller(start, until),
            )
            entry = self._train(resolve(self._family.hyperparameters, values, {}), run)
            try:
                write_json(self._entry(key), {"values": own, **entry})
            except OSError as error:
                # Keras Tuner would count the trial as failed, and look for other values.
                raise FatalRuntimeError(f"a trial's result was not written: {error}") from error
        self._epochs_done += until - start
        if "failed" in entry:
            self._broken_off[trial.trial_id] = entry["failed"]
            raise FailedTrialError(entry["failed"])
        return {self._objective: entry["metrics"][self._objective]}

    def _train(self, values: Values, run: TrainingRun) -> dict[str, Any]:
        self._journal.mkdir(parents=True, exist_ok=True)
        try:
            values = fitting(values, self._data.count)
            self._rehearse(values)
            trained = self._family.train(values, self._data.splits(), run)
        except TrainingStopped as error:
            return {"failed": str(error)}
        except Exception as error:
            # Keras Tuner would go on to the next trial, which would meet the same mistake.
            raise FatalRuntimeError(f"a trial failed: {error}") from error
        figures = {name: float(seen[-1]) for name, seen in trained.history.items()}
        if not math.isfinite(score := figures[self._objective]):
            return {"failed": f"training ended with {progress.name_figure(self._objective, score)}"}
        return {"metrics": figures}

    def _rehearse(self, values: Values) -> None:
        task, data = self._task, self._data
        splits = data.splits()
        rehearse(task.family, task.source, self._family, values, splits, data.held_out_files)

    def _teller(self, start: int, until: int) -> Callable[[float, Mapping[str, Any]], None]:
        def tell(epochs_done: float, logs: Mapping[str, Any]) -> None:
            del logs
            self._report(min(epochs_done, until) - start)

        return tell

    def _report(self, epochs_ahead: float = 0.0) -> None:
        """Tells how far the whole search is; the running trial is epochs_ahead of its start."""
        best = self.oracle.get_best_trials(1)
        score = best[0].score if best else None
        figure = "" if score is None else "best " + progress.name_figure(self._objective, score)
        done = min(self._epochs, self._epochs_done + epochs_ahead)
        progress.report(
            progress.Progress(
                "tuning",
                round(_UNITS * done),
                _UNITS * self._epochs,
                figure,
                f"trial {len(self._keys)}/{max(len(self._keys), self._trials)}",
            )
        )

    def on_trial_end(self, trial: Any) -> None:
        """Tells the oracle, and whoever listens."""
        super().on_trial_end(trial)
        self._report()

    def on_search_end(self) -> None:
        """Removes the weights that no trial will go on from.

        Raises:
            SearchStopped: no trial has a score, since each of them was broken off.
            SearchFailedError: no trial has a score, for whatever other reason.
        """
        for weights in self._journal.glob("*.weights.h5"):
            weights.unlink()
        trials = self.oracle.trials
        if any(trial.status == "COMPLETED" for trial in trials.values()):
            return
        if trials and trials.keys() == self._broken_off.keys():
            *_, last = self._broken_off.values()
            raise SearchStopped(
                f"search came to nothing: no trial finished with a score; the last one: {last}"
            )
        reasons = [trial.message or "" for trial in trials.values()]
        told = reasons[-1].strip().splitlines()[-1:] if reasons else ["no trial was proposed"]
        raise SearchFailedError(f"no trial finished with a score; the last one: {told[0]}")

    def search_space_summary(self, extended: bool = False) -> None:
        """Prints nothing: whoever listens to progress is told."""

    def results_summary(self, num_trials: int = 10) -> None:
        """Prints nothing."""

    def _entry(self, key: str) -> Path:
        return self._journal / f"{key}.json"

    def _weights(self, key: str) -> Path:
        return self._journal / f"{key}.weights.h5"

    def _read(self, key: str) -> dict[str, Any] | None:
        path = self._entry(key)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
