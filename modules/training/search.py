"""A search over trials that keeps what each of them found."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.errors import FailedTrialError, FatalRuntimeError

from modules.contract.family import IMAGES, Family, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import Values, fitting, resolve
from modules.training import progress, worth
from modules.training.journal import Attempt, Journal
from modules.training.oracles import BRACKET, BUDGET, PARENT, TIME, combinations, span
from modules.training.rehearsal import rehearse
from modules.training.search_data import SearchData
from modules.training.searches import cost, plan, share
from modules.training.tasks import SearchTask


class SearchFailedError(RuntimeError):
    """No trial of a search came to an end with a figure."""


class SearchStopped(SearchFailedError, TrainingStopped):
    """No trial did since each was broken off: none of the models that were tried can be trained."""


class Search(BaseTuner):
    """Runs an oracle's trials, and keeps each result in a journal of one file a trial.

    Nothing is read back from what Keras Tuner saves: a search that starts again asks a new oracle,
    which proposes the same trials when it is told the same results, and answers from the journal
    what is there.

    Args:
        oracle: proposes trials; deterministic, see make_oracle.
        family: whose models.
        task: the search's; max_epochs is how long a trial lasts at most.
        data: what trials use.
        journal: the directory that keeps results; its name must stand for all that shapes them, but
            for what an Attempt has.
        scratch: a directory for what Keras Tuner writes.

    Attributes:
        table: the trials in their order: `trial` is its name, `values` of all hyperparameters,
            `epochs` at its end, `start` of them that it went on from, `images` that it learnt from,
            `score` or None, and `failed`, why there is none.
        worth: the winner beside the values that the search began with; None where that was not
            asked, or there is nothing to compare.
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
        self._journal = Journal(journal)
        self._attempts: dict[str, Attempt] = {}  # by the trial's name
        self._broken_off: dict[str, str] = {}  # the trial's name -> why
        self._spent = self._spent_on_worth = 0
        self._planned, self._total = 0, 1
        self._last = time.monotonic()
        self.table: list[dict[str, Any]] = []
        self.worth: worth.Worth | None = None

    @property
    def best(self) -> Values:
        """The winner's values of all hyperparameters."""
        [trial] = self.oracle.get_best_trials(1)
        return self._attempts[trial.trial_id].values

    def save(self, fname: str = "") -> None:
        """Nothing: the journal has it all."""

    def found(self) -> dict[str, Any]:
        """What is told of the search, besides its trials and their winner."""
        return {
            "ended": self.oracle.ended,
            "budget": self._task.budget,
            "spent": self._spent,
            "combinations": combinations(self.oracle.get_space()),
            "began": dict(self._task.begin),
        }

    def on_search_begin(self) -> None:
        """Counts what there will be to do."""
        self._last = time.monotonic()
        self._journal.open()
        task, resource, images = self._task, self._family.resource, self._data.count
        steps = plan(task, resource, images, combinations(self.oracle.get_space()))
        self._planned = len(steps)
        self._total = max(1, sum(cost(task, resource, images, *step) for step in steps))
        self._total += 2 * task.confirm * cost(task, resource, images, 0, task.max_epochs)

    def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
        """Trains the trial's model, or reads in the journal how that went."""
        values = trial.hyperparameters.values
        start, until = span(values, self._task.max_epochs)
        parent = self._attempts.get(values.get(PARENT, ""))
        attempt = Attempt(self._used(values), start, until, self._task.seed, parent)
        self._attempts[trial.trial_id] = attempt
        takes = self._cost(attempt)
        known = self._journal.read(attempt)
        entry = known or self._run(attempt, self._teller(takes))
        self.oracle.seconds += entry["seconds"]
        self._spent += takes
        score = entry["metrics"][self._objective] if "metrics" in entry else None
        row = {
            "trial": trial.trial_id,
            "values": dict(attempt.values),
            "start": start,
            "epochs": until,
            "images": self._images(attempt),
            "score": score,
            "failed": entry.get("failed", ""),
        }
        self.table.append(row)
        self._report(self._told(row, kept=known is not None))
        if score is None:
            self._broken_off[trial.trial_id] = entry["failed"]
            raise FailedTrialError(entry["failed"])
        return {self._objective: score}

    def _used(self, values: Mapping[str, Any]) -> Values:
        return resolve(self._family.hyperparameters, values, {})

    def _images(self, attempt: Attempt) -> int:
        images = self._data.count
        if self._family.resource == IMAGES:
            return share(images, attempt.until, self._task.max_epochs)
        return images

    def _cost(self, attempt: Attempt) -> int:
        task, images = self._task, self._data.count
        return cost(task, self._family.resource, images, attempt.start, attempt.until)

    def _run(self, attempt: Attempt, tell: Callable[[float], None]) -> dict[str, Any]:
        """Trains an attempt's model, and writes into the journal how that went."""
        anew = self._family.resource == IMAGES
        parent = None if anew else attempt.parent
        if parent and not self._journal.state(parent).exists():
            self._run(parent, lambda _: None)  # it was not needed by the search that made it
        start = 0 if anew else attempt.start
        goes_on = attempt.until < self._task.max_epochs and not anew
        run = TrainingRun(
            epochs=attempt.until,
            seed=attempt.seed,
            start=start,
            horizon=self._task.max_epochs,
            trial=True,
            go_on_from=self._journal.state(parent) if parent else None,
            keep=self._journal.state(attempt) if goes_on else None,
            tell=lambda done, _: tell((min(done, attempt.until) - start) / (attempt.until - start)),
        )
        entry = self._train(attempt.values, run)
        now = time.monotonic()
        entry["seconds"], self._last = round(now - self._last, 3), now
        try:
            self._journal.write(attempt, {"values": dict(attempt.values), **entry})
        except OSError as error:
            # Keras Tuner would count the trial as failed, and look for other values.
            raise FatalRuntimeError(f"a trial's result was not written: {error}") from error
        return entry

    def _train(self, values: Values, run: TrainingRun) -> dict[str, Any]:
        try:
            values = fitting(values, self._data.count)
            self._rehearse(values)
            splits = self._data.splits()
            if self._family.resource == IMAGES:
                splits = self._data.first(share(self._data.count, run.epochs, run.horizon or 1))
            trained = self._family.train(values, splits, run)
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

    def _teller(self, takes: int) -> Callable[[float], None]:
        return lambda part: self._report(ahead=part * takes)

    def _report(self, ended: str = "", ahead: float = 0.0, doing: str = "") -> None:
        """Tells how far the whole search is; the running trial is ahead of its start."""
        scores = [row["score"] for row in self.table if row["score"] is not None]
        best = max if self._family.objective.direction == "max" else min
        figure = f"best {progress.name_figure(self._objective, best(scores))}" if scores else ""
        at = len(self._attempts)
        progress.report(
            progress.Progress(
                "tuning",
                min(self._total, round(self._spent + self._spent_on_worth + ahead)),
                self._total,
                figure,
                doing or f"trial {at}/{max(at, self._planned)}",
                ended,
            )
        )

    def _told(self, row: Mapping[str, Any], kept: bool) -> str:
        """A trial in a line: its number, its figure, and the values that are searched."""
        at = len(self._attempts)
        score = row["score"]
        figure = row["failed"] or progress.name_figure(self._objective, score)
        long = f"{row['epochs']} epoch{'s' * (row['epochs'] > 1)}"
        if row["start"]:
            long = f"epochs {row['start'] + 1} to {row['epochs']}"
        if self._family.resource == IMAGES:
            long = f"{row['images']:,} images"
        searched = [one for one in self.oracle.get_space().space if len(one.values) > 1]
        values = ", ".join(f"{one.name} {row['values'][one.name]}" for one in searched)
        words = f"trial {at}/{max(at, self._planned)}: {figure}, {long}; {values}"
        return f"{words} (kept)" if kept else words

    def on_search_end(self) -> None:
        """Asks whether it was worth it, and keeps what a longer search would go on from.

        Raises:
            SearchStopped: no trial has a score, since each of them was broken off.
            SearchFailedError: no trial has a score, for whatever other reason.
        """
        trials = self.oracle.trials
        if any(trial.status == "COMPLETED" for trial in trials.values()):
            if self._task.confirm and self.oracle.ended != TIME:
                self._confirm()
            self._close()
            return
        self._close()
        if trials and trials.keys() == self._broken_off.keys():
            *_, last = self._broken_off.values()
            raise SearchStopped(
                f"search came to nothing: no trial finished with a score; the last one: {last}"
            )
        reasons = [trial.message or "" for trial in trials.values()]
        told = reasons[-1].strip().splitlines()[-1:] if reasons else ["no trial was proposed"]
        raise SearchFailedError(f"no trial finished with a score; the last one: {told[0]}")

    def _confirm(self) -> None:
        task, family, data = self._task, self._family, self._data
        whole = cost(task, family.resource, data.count, 0, task.max_epochs)
        tried = 0

        def score(attempt: Attempt) -> float | None:
            nonlocal tried
            tried += 1
            words = f"seed {(tried + 1) // 2}/{task.confirm} of the winner and the first trial"
            entry = self._journal.read(attempt) or self._run(
                attempt, lambda part: self._report(ahead=part * whole, doing=words)
            )
            self._spent_on_worth += whole
            return entry["metrics"][self._objective] if "metrics" in entry else None

        self.worth = worth.compare(
            winner=self.best,
            beginning=self.table[0]["values"],
            seeds=[(task.seed + 1 + n) % 2**32 for n in range(task.confirm)],
            epochs=task.max_epochs,
            rises=family.objective.direction == "max",
            score=score,
            cost=whole,
        )

    def _close(self) -> None:
        """Keeps the states of the last bracket, in whose midst a longer search would go on."""
        last = [one.hyperparameters.values.get(BRACKET) for one in self.oracle.trials.values()][-1:]
        waiting = []
        for name, trial in reversed(self.oracle.trials.items()):
            if [trial.hyperparameters.values.get(BRACKET)] != last:
                break
            waiting.append(self._journal.state(self._attempts[name]))
        self._journal.close(waiting if self.oracle.ended in (BUDGET, TIME) else [])
