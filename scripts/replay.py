"""Replays searches on recorded learning curves, so that a search takes no time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras_tuner
import numpy as np

from modules.contract.family import Objective
from modules.training.bounded import PARENT, span
from modules.training.oracles import make_oracle
from modules.training.tasks import SearchTask
from scripts.record_curves import SCHEDULE, WAYS

RUNGS = WAYS[1]
OBJECTIVE = Objective("val_accuracy", "max")
JUDGED_BY = "third_accuracy"


@dataclasses.dataclass(frozen=True)
class Record:
    """What scripts/record_curves.py found.

    Attributes:
        family: whose curves.
        space: the choices by name.
        fixed: values of other hyperparameters.
        rungs: epochs, ascending; at the last one a training is whole.
        images: that a training learns from.
        seed: of the trainings of the whole space.
        trainings: figures by way, configuration and seed.
    """

    family: str
    space: Mapping[str, Sequence[Any]]
    fixed: Mapping[str, Any]
    rungs: Sequence[int]
    images: int
    seed: int
    trainings: Mapping[tuple[str, tuple[Any, ...], int], Mapping[str, Any]]

    def key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """A configuration's name."""
        return tuple(values[name] for name in self.space)

    def curve(self, values: Mapping[str, Any], way: str = SCHEDULE) -> Mapping[str, Any]:
        """What was recorded of a configuration with the first seed.

        Raises:
            KeyError: it was not recorded.
        """
        return self.trainings[way, self.key(values), self.seed]

    def seeds(self, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """What was recorded of a configuration with each seed, if there were several."""
        wanted = (SCHEDULE, self.key(values))
        found = [row for (*known, _), row in self.trainings.items() if tuple(known) == wanted]
        return found if len(found) > 1 else []

    def configurations(self, way: str = SCHEDULE) -> list[dict[str, Any]]:
        """Those that were trained in a way, with the first seed."""
        return [
            dict(zip(self.space, key, strict=True))
            for known, key, seed in self.trainings
            if (known, seed) == (way, self.seed)
        ]


def read_record(path: Path) -> Record:
    """Reads a record.

    Raises:
        OSError: there is none.
    """
    told = json.loads(path.read_text(encoding="utf-8"))
    rows, names = told["trainings"], list(told["space"])
    return Record(
        told["family"],
        told["space"],
        told["fixed"],
        told["rungs"],
        told["images"]["learn"],
        min(row["seed"] for row in rows),
        {(r["way"], tuple(r["values"][name] for name in names), r["seed"]): r for r in rows},
    )


class Step(NamedTuple):
    """How a search stands after a trial.

    Attributes:
        spent: training images x epochs, so far.
        figure: what its best configuration so far, by the objective, reaches on the third part when
            it is trained whole.
        trials: so far.
    """

    spent: int
    figure: float
    trials: int


def replay(record: Record, search: str, budget: int, seed: int) -> list[Step]:
    """Runs one search on the record.

    Args:
        record: of the curves.
        search: a name of modules.training.searches.
        budget: training images x epochs.
        seed: of the search.
    """
    oracle, _ = searching(record, search, budget, seed)
    oracle.verbose = 0
    steps: list[Step] = []
    spent, ways = 0, dict[str, str]()
    while (trial := oracle.create_trial("replay")).status == "RUNNING":
        values = trial.hyperparameters.values
        behind, until = span(values, record.rungs[-1])
        spent += (until - behind) * record.images
        way = ways[trial.trial_id] = ways.get(values.get(PARENT, "")) or WAYS[until]
        seen = record.curve(values, way)[OBJECTIVE.name][:until]
        if len(seen) == until:
            oracle.update_trial(trial.trial_id, {OBJECTIVE.name: seen[-1]})
            trial.status = "COMPLETED"
        else:
            trial.status = "FAILED"  # the training broke off
        oracle.end_trial(trial)
        [best] = oracle.get_best_trials(1)
        figures = record.curve(best.hyperparameters.values)[JUDGED_BY]
        whole = len(figures) == record.rungs[-1]
        steps.append(Step(spent, figures[-1] if whole else 0.0, len(steps) + 1))
    return steps


def searching(record: Record, search: str, budget: int, seed: int) -> tuple[Any, SearchTask]:
    """The pipeline's own oracle for a search of the record's space, and the search's task.

    It begins with a configuration that is drawn by the seed, in place of a family's defaults, which
    people have already found to be good.
    """
    known = record.configurations()
    start = known[int(np.random.default_rng(seed).integers(len(known)))]
    space = keras_tuner.HyperParameters()
    for name, choices in record.space.items():
        space.Choice(name, list(choices), default=start[name])
    for name, value in record.fixed.items():
        space.Fixed(name, value)
    task = SearchTask(
        family=record.family,
        dataset={},
        search=search,
        max_epochs=record.rungs[-1],
        factor=record.rungs[-1] // record.rungs[-2],
        budget=budget,
        images=record.images,
        hyperparameters={},
        seed=seed,
        source="",
    )
    return make_oracle(task, space, OBJECTIVE, lambda a, b: (b - a) * record.images), task
