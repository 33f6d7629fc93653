"""Cross-validates the tuned configuration of any family, fold by fold."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from modules import families
from modules.contract.family import Family, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import Values, fitting, resolve
from modules.data.dataset import from_plain, to_plain
from modules.data.folds import divided
from modules.data.images import list_files, load_split
from modules.data.splits import Split, Splits
from modules.metrics.judge import Judge
from modules.training import progress, unfinished
from modules.training.rehearsal import rehearse
from modules.training.tasks import FoldsTask
from modules.training.workers import Tell, Workers
from modules.util.files import digest, digest_files, remove, write_json
from modules.util.plain import number

_UNITS = 100  # progress is told in hundredths of an epoch
_HELD_OUT = "val_"


class Patterns(NamedTuple):
    """Patterns of TFRecord files: those of all images that are divided into folds."""

    train: Sequence[str]
    held_out: Sequence[str]


def cross_validate(
    task: FoldsTask,
    files: Patterns,
    found: Mapping[str, Any] | None,
    judge: Judge | None,
    scratch: Path,
) -> list[dict[str, Any]]:
    """Trains one model a fold, on all other folds, for as long as the Trainer trains.

    What each fold came to is kept (see unfinished) under a name made of all that shapes it, and
    within a fold the state of its training: who was killed goes on with the same epoch.

    Args:
        task: what to do.
        files: of `train` and of `eval`, which are divided together.
        found: the hyperparameters of a search; None without one.
        judge: by whose eyes samples are read; None for the shipped one.
        scratch: a folder for unfinished work where nobody has named one.

    Returns:
        For each fold its `train_images`, `held_out_images` and `seconds`, and the `figures` of its
        held-out images; where it came to none, why it `failed` instead, in a sentence.

    Raises:
        BadHyperparameter: one that was set by hand is unknown or does not fit.
    """
    dataset = from_plain(task.dataset)
    family = families.load(task.family)(dataset, judge)
    chosen = resolve(family.hyperparameters, found, task.hyperparameters)
    read = [digest_files(list_files(patterns)) for patterns in files]
    data = [to_plain(dataset), judge.fingerprint if judge else ""]
    shapes = [task.family, data, chosen, task.count, task.epochs, task.seed, task.source, read]
    name = f"folds-{task.family}-{digest(shapes)}"
    journal = unfinished.folder("crossvalidator", scratch) / name
    folds = Folds(task, family, chosen, journal, [*map(list_files, files)])
    entries = folds.run(lambda: [load_split(patterns, dataset.side) for patterns in files])
    unfinished.finished(journal)
    return entries


class Folds:
    """The folds of one configuration, and the journal of what they came to: a file a fold.

    Args:
        task: what to do.
        family: whose models.
        chosen: of all hyperparameters.
        journal: the folder that keeps results; its name must stand for all that shapes them.
        files: TFRecord files of `train` and of `eval`, for the rehearsal.
    """

    def __init__(
        self,
        task: FoldsTask,
        family: Family,
        chosen: Values,
        journal: Path,
        files: Sequence[Sequence[str]] = (),
    ) -> None:
        self._task, self._family, self._chosen = task, family, chosen
        self._journal, self._files = journal, files

    def run(self, read: Callable[[], Sequence[Split]]) -> list[dict[str, Any]]:
        """Gives what each fold came to, and trains those that are not in the journal yet.

        Args:
            read: gives the splits that are divided together; it is asked only if need be.
        """
        numbers = range(1, self._task.count + 1)
        known = {one: self._kept(one) for one in numbers}
        if any(entry is None for entry in known.values()):
            parts = read()
            whole = Split(*(np.concatenate(part) for part in zip(*parts, strict=True)))
            masks = divided(whole, self._task.count, self._task.seed)
            # All learn from equally many, so that what is compiled for one serves the others.
            most = min(int((~out).sum()) for out in masks)
            values = fitting(self._chosen, most)

            def splits(one: int) -> Splits:
                out = masks[one - 1]
                train = Split(*(part[~out][:most] for part in whole))
                return Splits(train, Split(*(part[out] for part in whole)))

            if self._files and not self._journal.exists():
                task, held_out = self._task, self._files[1]
                rehearse(task.family, task.source, self._family, values, splits(1), held_out)
            self._journal.mkdir(parents=True, exist_ok=True)
            with Workers[dict[str, Any]](self._family) as workers:
                left = [one for one in numbers if known[one] is None]
                for one in left:
                    workers.begin(one, partial(self._fold, one, values, splits))
                for one in left:
                    known[one] = workers.result(one, self._teller(one, known))
        return [entry for entry in known.values() if entry is not None]

    def _fold(
        self,
        number_: int,
        values: Values,
        splits_of: Callable[[int], Splits],
        family: Family,
        tell: Tell,
    ) -> dict[str, Any]:
        started, task, splits = time.monotonic(), self._task, splits_of(number_)
        state = self._journal / f"fold-{number_}"
        run = TrainingRun(
            epochs=task.epochs,
            seed=(task.seed + number_) % 2**32,
            shares=True,
            backup=state,
            tell=lambda done, _: tell(min(done, task.epochs)),
        )
        entry: dict[str, Any] = {
            "train_images": len(splits.train.images),
            "held_out_images": len(splits.held_out.images),
        }
        entry |= self._trained(family, values, splits, run)
        entry["seconds"] = round(time.monotonic() - started, 1)
        write_json(self._entry(number_), entry)
        remove(state)
        return entry

    def _trained(
        self, family: Family, values: Values, splits: Splits, run: TrainingRun
    ) -> dict[str, Any]:
        try:
            history = family.train(values, splits, run).history
        except TrainingStopped as stopped:
            return {"failed": str(stopped)}
        objective = family.objective.name
        if not math.isfinite(score := float(history[objective][-1])):
            return {"failed": f"training ended with {progress.name_figure(objective, score)}"}
        last = {n: number(seen[-1]) for n, seen in history.items() if n.startswith(_HELD_OUT)}
        return {"figures": last}

    def _teller(self, number_: int, known: Mapping[int, dict[str, Any] | None]) -> Tell:
        """Reports how far all folds are, with the mean of those that are done."""
        objective, epochs, count = self._family.objective.name, self._task.epochs, self._task.count
        scores = [e["figures"][objective] for e in known.values() if e and "figures" in e]
        mean = sum(scores) / len(scores) if scores else None
        figure = "" if mean is None else "mean " + progress.name_figure(objective, mean)

        ended = sum(entry is not None for entry in known.values())

        def tell(epochs_done: float) -> None:
            units = round(_UNITS * (epochs * ended + epochs_done)), _UNITS * epochs * count
            detail = f"fold {number_}/{count}"
            progress.report(progress.Progress("cross-validation", *units, figure, detail))

        return tell

    def _entry(self, number_: int) -> Path:
        return self._journal / f"fold-{number_}.json"

    def _kept(self, number_: int) -> dict[str, Any] | None:
        file = self._entry(number_)
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
