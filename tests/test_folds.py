"""The folds of a cross-validation: how they are divided, trained, kept, and gone on with."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modules.contract.family import Trained, TrainingRun, TrainingStopped
from modules.data.dataset import to_plain
from modules.data.folds import divided
from modules.data.splits import Split, Splits
from modules.kinds.classifier import Classifier
from modules.training import progress
from modules.training.folds import Folds
from modules.training.tasks import FoldsTask
from modules.util.files import write_json
from tests.datasets import MNIST

EPOCHS = 3
TASK = FoldsTask("made-up", to_plain(MNIST), 5, EPOCHS, {}, seed=7, source="tests")


class Killed(BaseException):
    """The process is killed."""


class Learner(Classifier):
    """Learns in no time: its figure is a sum of its seed and of the images that it has seen."""

    hyperparameters = ()

    def __init__(self, killed_at: tuple[int, int] | None = None) -> None:
        super().__init__(MNIST)
        self.killed_at = killed_at
        self.runs: list[TrainingRun] = []
        self.splits: list[Splits] = []
        self.epochs: list[tuple[int, int]] = []  # of which training, and which of its epochs

    def train(self, values: Any, splits: Splits, run: TrainingRun) -> Trained:
        self.runs.append(run)
        self.splits.append(splits)
        assert run.backup
        kept = run.backup / "state.json"
        state = json.loads(kept.read_text()) if kept.exists() else []
        for epoch in range(len(state), run.epochs):
            if (run.seed, epoch) == self.killed_at:
                raise Killed
            self.epochs.append((run.seed, epoch))
            state.append(run.seed % 3 / 100 + epoch / 10 + float(splits.train.labels.mean()) / 100)
            run.backup.mkdir(parents=True, exist_ok=True)
            write_json(kept, state)
            run.tell(epoch + 1, {})
        return Trained({"val_accuracy": state, "val_loss": state, "loss": state}, 0, None, dict)


@pytest.fixture
def split() -> Split:
    """Digits of which some are there twice and one nine times."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (311, 28, 28), dtype=np.uint8)
    labels = np.arange(311) % 10
    images[200:220], labels[200:220] = images[100:120], labels[100:120]
    images[230:238], labels[230:238] = images[5], labels[5]
    return Split(images, labels)


def run(learner: Learner, folder: Path, split: Split, **changes: Any) -> list[dict[str, Any]]:
    task = dataclasses.replace(TASK, **changes)
    found = Folds(task, learner, {}, folder / "journal").run(lambda: [split])
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in found]


@pytest.mark.parametrize("count", [2, 3, 5, 20])
def test_each_image_is_held_out_once_with_its_copies_and_its_part_of_each_class(
    split: Split, count: int
) -> None:
    masks = divided(split, count, seed=1)
    assert (np.sum(masks, axis=0) == 1).all()
    for out in masks:
        assert not {i.tobytes() for i in split.images[out]} & {
            i.tobytes() for i in split.images[~out]
        }
        # Copies follow the first, so that a class can have some more.
        copies = {label: 9 if label == 5 else 4 for label in range(10)}
        for label in range(10):
            fair = (split.labels == label).mean() * out.sum()
            assert abs((split.labels[out] == label).sum() - fair) <= copies[label]


def test_a_fold_learns_from_all_others_as_many_images_as_each(tmp_path: Path, split: Split) -> None:
    learner = Learner()
    found = run(learner, tmp_path, split)
    assert [one.seed for one in learner.runs] == [8, 9, 10, 11, 12]
    assert {(one.epochs, one.shares, one.trial) for one in learner.runs} == {(EPOCHS, True, False)}
    sizes = {len(one.train.images) for one in learner.splits}
    assert len(sizes) == 1 and sizes.pop() >= 311 - max(e["held_out_images"] for e in found)
    held_out = [e["held_out_images"] for e in found]
    assert held_out == [len(one.held_out.images) for one in learner.splits]
    assert sum(held_out) == 311
    # What is not of held-out images is no figure of a fold.
    assert all(entry["figures"].keys() == {"val_accuracy", "val_loss"} for entry in found)


@pytest.mark.parametrize("killed_at", [(8, 0), (8, 2), (9, 0), (9, 1), (12, 2)])
def test_killed_folds_go_on_with_the_same_epoch_of_the_same_fold(
    tmp_path: Path, split: Split, killed_at: tuple[int, int]
) -> None:
    unbroken = run(Learner(), tmp_path / "unbroken", split)
    with pytest.raises(Killed):
        run(before := Learner(killed_at), tmp_path, split)
    assert run(after := Learner(), tmp_path, split) == unbroken
    every = [(seed, epoch) for seed in range(8, 13) for epoch in range(EPOCHS)]
    assert before.epochs + after.epochs == every
    assert after.epochs[0] == killed_at


def test_finished_folds_train_nothing_and_read_nothing(tmp_path: Path, split: Split) -> None:
    found = run(Learner(), tmp_path, split)
    kept = Folds(TASK, Learner(), {}, tmp_path / "journal").run(lambda: pytest.fail("it reads"))
    assert [entry["figures"] for entry in kept] == [entry["figures"] for entry in found]
    # Of the state of trainings, nothing is left.
    assert {path.name for path in (tmp_path / "journal").iterdir()} == {
        f"fold-{one}.json" for one in range(1, 6)
    }


@pytest.mark.parametrize("diverges", [True, False])
def test_a_fold_that_comes_to_nothing_says_why_and_the_others_go_on(
    tmp_path: Path, split: Split, diverges: bool
) -> None:
    class Diverging(Learner):
        def train(self, values: Any, splits: Splits, run: TrainingRun) -> Trained:
            if run.seed != 9:
                return super().train(values, splits, run)
            if diverges:
                raise TrainingStopped("training stopped: the loss is not finite")
            return Trained({"val_accuracy": [float("nan")]}, 0, None, dict)

    found = run(Diverging(), tmp_path, split)
    why = found[1]["failed"]
    assert why == (
        "training stopped: the loss is not finite"
        if diverges
        else "training ended with val accuracy nan"
    )
    assert ["failed" in entry for entry in found] == [False, True, False, False, False]
    assert run(Diverging(), tmp_path, split) == found


def test_progress_counts_all_folds_and_tells_their_mean(tmp_path: Path, split: Split) -> None:
    told: list[progress.Progress] = []
    with progress.listen(told.append):
        found = run(Learner(), tmp_path, split, count=2)
    assert [one.done for one in told] == [100, 200, 300, 400, 500, 600]
    assert {one.total for one in told} == {600}
    assert (told[0].figure, told[0].detail) == ("", "fold 1/2")
    mean = found[0]["figures"]["val_accuracy"]
    assert (told[-1].figure, told[-1].detail) == (f"mean val accuracy {mean:.4f}", "fold 2/2")
