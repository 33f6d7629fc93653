"""A family that is trained in no time, and searches of it."""

import dataclasses
import math
from pathlib import Path
from typing import Any
from unittest import mock

from modules.contract.family import EPOCHS, Family, Objective, Trained, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import number, resolve, whole, word
from modules.training.oracles import make_oracle, space_to_search
from modules.training.search import Search
from modules.training.searches import allowed, cost
from modules.training.tasks import SearchTask

IMAGES = 100
WHOLE = 4 * IMAGES  # what a trial of 4 epochs takes
COMBINATIONS = 18  # of Made's values


class Made(Family):
    """What it reaches depends on its values and on how long it was trained.

    Attributes:
        trained: the runs, in their order.
        fails: says whether a training with some values breaks off.
        stateful: whether it leaves a state to go on from.
    """

    stateful = True

    objective = Objective("val_score", "max")
    hyperparameters = (
        whole("layers", 2, "", [1, 2, 3]),
        number("rate", 0.1, "", [0.05, 0.1, 0.2]),
        word("kind", "b", "", ["a", "b"]),
        whole("width", 8, ""),
    )

    def __init__(self, resource: str = EPOCHS, fails: Any = lambda values: False) -> None:
        self.resource = resource
        self.judge = None
        self.trained: list[tuple[dict[str, Any], TrainingRun]] = []
        self.fails = fails

    def train(self, values: Any, splits: Any, run: TrainingRun) -> Trained:
        self.trained.append((dict(values), run))
        if run.go_on_from and self.stateful:
            assert run.go_on_from.exists()
        if self.fails(values):
            raise TrainingStopped("the loss is nan")
        if run.keep and self.stateful:
            run.keep.write_text("state")
        return Trained({"val_score": [self.reaches(values, run)]}, 1, None, lambda *_: {})

    def reaches(self, values: Any, run: TrainingRun) -> float:
        """The score, which a seed moves a little."""
        told = values["layers"] - 10 * abs(values["rate"] - 0.1) + (values["kind"] == "a") / 2
        return told * (1 - math.exp(-run.epochs)) + run.seed % 7 / 100


class Images:
    """So many images that nobody looks at."""

    held_out_files = ()

    def __init__(self, count: int = IMAGES) -> None:
        self.count = count

    def splits(self) -> None: ...

    def first(self, count: int) -> int:
        return count


TASK = SearchTask(
    family="made",
    dataset={},
    search="hyperband",
    max_epochs=4,
    factor=4,
    budget=None,
    images=IMAGES,
    hyperparameters={},
    seed=1,
    source="",
)


def search(
    folder: Path, family: Made | None = None, images: int = IMAGES, **changes: Any
) -> Search:
    """Searches, and keeps what was found below a folder.

    Args:
        folder: of the journal.
        family: whose models; a new Made where it is left out.
        images: that a whole trial learns from.
        changes: of TASK.
    """
    found = prepared(folder, family or Made(), images, **changes)
    found.search(verbose=0)
    return found


def prepared(folder: Path, family: Made, images: int = IMAGES, **changes: Any) -> Search:
    """The same, before it begins."""
    task = dataclasses.replace(TASK, **changes)
    task = dataclasses.replace(task, budget=allowed(task, family.resource, images))
    fixed = resolve(family.hyperparameters, None, task.hyperparameters)
    fixed = {name: fixed[name] for name in task.hyperparameters}
    space = space_to_search(family.hyperparameters, fixed, lambda: images, task.begin)

    def oracle() -> Any:
        return make_oracle(
            task, space, family.objective, lambda *span: cost(task, family.resource, images, *span)
        )

    made = Search(
        oracle(),
        family,
        task,
        Images(images),
        folder / "journal",
        str(folder / "scratch"),
        again=oracle,
    )
    made._rehearse = mock.Mock()  # type: ignore[method-assign]
    return made
