"""A search over trials that keeps what each of them found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.errors import FailedTrialError

from modules.contract.family import IMAGES, Family, TrainingStopped
from modules.contract.hyperparameters import Values, resolve
from modules.training import told, worth
from modules.training.bounded import BRACKET, BUDGET, PARENT, TIME, combinations, span
from modules.training.foresight import foreseen
from modules.training.journal import Attempt, Journal
from modules.training.search_data import SearchData
from modules.training.searches import cost, plan
from modules.training.tasks import SearchTask
from modules.training.trying import Trying


class SearchFailedError(RuntimeError):
    """No trial of a search came to an end with a figure."""


class SearchStopped(SearchFailedError, TrainingStopped):
    """No trial did since each was broken off: none of the models that were tried can be trained."""


class Search(Trying, BaseTuner):
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
        again: makes the same oracle anew, so that trials are begun before they are proposed; None
            begins none.

    Attributes:
        table: the trials in their order: `trial` is its name, `values` of all hyperparameters,
            `epochs` at its end, `start` of them that it went on from, `images` that it learnt from,
            `score` or None, and `failed`, why there is none. Where images are the resource, there
            are no epochs.
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
        again: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(oracle, directory=scratch, project_name="search", overwrite=True)
        self._tries(family, task, data, Journal(journal))
        self._attempts: dict[str, Attempt] = {}  # by the trial's name
        self._broken_off: dict[str, str] = {}  # the trial's name -> why
        self._again = again
        self._spent = self._spent_on_worth = 0
        self._planned, self._total = 0, 1
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

    def search_space_summary(self, extended: bool = False) -> None:
        """Prints nothing: whoever listens to progress is told."""

    def results_summary(self, num_trials: int = 10) -> None:
        """Prints nothing."""

    def search(self, *arguments: Any, **keywords: Any) -> None:
        """Runs all trials.

        Raises:
            SearchStopped: no trial has a score, since each of them was broken off.
            SearchFailedError: no trial has a score, for whatever other reason.
        """
        with self._workers:
            super().search(*arguments, **keywords)

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
        attempt = self._attempt(trial.hyperparameters.values)
        self._attempts[trial.trial_id] = attempt
        known = self._known(attempt)
        if known is None:
            self._look_ahead()
        entry = known or self._trained(attempt, lambda ahead: self._report(ahead=ahead))
        self.oracle.seconds += entry["seconds"]
        self._spent += self._cost(attempt)
        score = entry["metrics"][self._objective] if "metrics" in entry else None
        anew = self._family.resource == IMAGES
        row = {
            "trial": trial.trial_id,
            "values": dict(attempt.values),
            "start": 0 if anew else attempt.start,
            "epochs": None if anew else attempt.until,
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

    def _attempt(self, values: Mapping[str, Any]) -> Attempt:
        """The training that an oracle's values stand for."""
        used = resolve(self._family.hyperparameters, values, {})
        parent = self._attempts.get(values.get(PARENT, ""))
        return Attempt(used, *span(values, self._task.max_epochs), self._task.seed, parent)

    def _look_ahead(self) -> None:
        """Finds out which trials come next, whatever the running one comes to."""
        again, oracle = self._again, self.oracle
        self._ahead = []
        if again is None or not oracle.foreseeable or not self._workers.several:
            return
        ended = {"", *(row["trial"] for row in self.table)}
        scores = [row["score"] for row in self.table]
        self._ahead = [
            self._attempt(values)
            for values in foreseen(again, scores, oracle.seconds)
            if values.get(PARENT, "") in ended  # else it goes on from one that has not ended
        ]

    def _report(self, ended: str = "", ahead: float = 0.0, doing: str = "") -> None:
        """Tells how far the whole search is; the running trials are ahead of their start."""
        at = len(self._attempts)
        told.report(
            self.table,
            self._family.objective,
            (self._spent + self._spent_on_worth + ahead, self._total),
            doing or f"trial {at}/{max(at, self._planned)}",
            ended,
        )

    def _told(self, row: Mapping[str, Any], kept: bool) -> str:
        at = len(self._attempts)
        searched = [one.name for one in self.oracle.get_space().space if len(one.values) > 1]
        words = told.trial(row, self._objective, searched)
        return f"trial {at}/{max(at, self._planned)}: {words}{' (kept)' * kept}"

    def on_search_end(self) -> None:
        """Asks whether it was worth it, and keeps what a longer search would go on from.

        Raises:
            SearchStopped: no trial has a score, since each of them was broken off.
            SearchFailedError: no trial has a score, for whatever other reason.
        """
        trials = self.oracle.trials
        self._ahead = []
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
        winner, beginning = self.best, self.table[0]["values"]
        seeds = [(task.seed + 1 + n) % 2**32 for n in range(task.confirm)]
        tried = 0
        if winner != beginning:
            self._ahead = [
                Attempt(one, 0, task.max_epochs, seed)
                for seed in seeds
                for one in (winner, beginning)
            ]

        def score(attempt: Attempt) -> float | None:
            nonlocal tried
            tried += 1
            words = f"seed {(tried + 1) // 2}/{task.confirm} of the winner and the first trial"
            self._ahead = self._ahead[1:]
            entry = self._known(attempt) or self._trained(
                attempt, lambda ahead: self._report(ahead=ahead, doing=words)
            )
            self._spent_on_worth += whole
            return entry["metrics"][self._objective] if "metrics" in entry else None

        self.worth = worth.compare(
            winner=winner,
            beginning=beginning,
            seeds=seeds,
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
        self._workers.stop()
        self._journal.close(waiting if self.oracle.ended in (BUDGET, TIME) else [])
