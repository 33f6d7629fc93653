"""The random forest against scikit-learn, and what it keeps of trees that have grown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn.ensemble import RandomForestClassifier

from modules.contract.family import TrainingRun
from modules.contract.hyperparameters import defaults
from modules.data.dataset import to_plain
from modules.data.folds import folds
from modules.data.splits import Split, Splits
from modules.families.forest import RandomForest
from modules.forest import grow, trees
from modules.forest.answer import Forest
from modules.training import progress, unfinished
from modules.training.tasks import TrainingTask, to_config
from modules.training.trainer import run_fn
from tests import examples, rehearsals
from tests.datasets import LETTERS, MNIST

VALUES = {**defaults(RandomForest.hyperparameters), "n_estimators": 10}


@pytest.fixture(scope="module")
def split(mnist_dir: Any) -> Split:
    return Split(*examples.cut(mnist_dir, 0, 600))


@pytest.fixture(scope="module")
def asked(mnist_dir: Any) -> Any:
    images, _ = examples.cut(mnist_dir, 600, 900)
    return images


@pytest.mark.parametrize("parameters", [{}, {"max_depth": 3}, {"min_samples_split": 40}])
def test_it_answers_as_scikit_learns_own(
    split: Split, asked: Any, parameters: dict[str, int]
) -> None:
    theirs = RandomForestClassifier(n_estimators=10, random_state=3, **parameters)
    theirs.fit(split.images.reshape(len(split.images), -1), split.labels)
    ours = Forest(trees.from_estimators(theirs.estimators_, theirs.classes_, 10))
    wanted = theirs.predict_proba(asked.reshape(len(asked), -1))
    np.testing.assert_allclose(ours.probabilities(asked).numpy(), wanted, atol=1e-6)


def test_a_class_that_was_not_seen_is_given_nothing(split: Split, asked: Any) -> None:
    few = Split(*(part[split.labels != 4] for part in split))
    found = Forest(grow.grow(few, 10, VALUES, seed=1)).probabilities(asked).numpy()
    assert (found[:, 4] == 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_it_answers_in_parts_as_the_mean_of_them(
    split: Split, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grow, "AT_ONCE", 4)
    told: list[float] = []
    whole = grow.grow(split, 10, VALUES, seed=1, tell=told.append)
    assert told == [0.4, 0.8, 1.0] and len(whole.roots) == 10
    assert len({*whole.roots.tolist()}) == 10
    # No part is another's copy.
    sizes = np.diff([*whole.roots, len(whole.pixel)])
    assert len({*sizes.tolist()}) > 3
    found = Forest(whole).probabilities(asked).numpy()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_a_killed_forest_goes_on_where_it_was(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grow, "AT_ONCE", 4)
    unbroken = grow.grow(split, 10, VALUES, seed=1)

    def killed(part: float) -> None:
        if part > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grow.grow(split, 10, VALUES, seed=1, backup=tmp_path, tell=killed)
    assert {file.name for file in tmp_path.iterdir()} == {"trees-00000.npz", "trees-00004.npz"}
    made: list[Any] = []
    real = grow.RandomForestClassifier
    monkeypatch.setattr(grow, "RandomForestClassifier", lambda **k: made.append(k) or real(**k))
    resumed = grow.grow(split, 10, VALUES, seed=1, backup=tmp_path)
    assert [one["n_estimators"] for one in made] == [2]
    for name in trees.Trees._fields:
        np.testing.assert_array_equal(getattr(resumed, name), getattr(unbroken, name))


@pytest.fixture
def fn_args(split: Split, tmp_path: Path, mnist_dir: Path) -> Callable[[str], examples.FnArgs]:
    """Of a training of twelve trees, whose model goes to a folder of that name."""
    train = examples.write(tmp_path / "train.gz", *split)
    held_out = examples.write(tmp_path / "eval.gz", *examples.cut(mnist_dir, 600, 700))
    task = TrainingTask("forest", to_plain(MNIST), 1, {"n_estimators": 12}, 1, "tests")

    def make(name: str) -> examples.FnArgs:
        return examples.FnArgs(
            [train],
            [held_out],
            to_config(task),
            serving_model_dir=str(tmp_path / name / "Format-Serving"),
            model_run_dir=str(tmp_path / name / "run"),
        )

    return make


def test_a_killed_training_goes_on_to_the_same_model(
    fn_args: Callable[[str], examples.FnArgs],
    asked: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grow, "AT_ONCE", 5)
    monkeypatch.setenv(unfinished.VARIABLE, str(tmp_path / "state"))
    told: list[float] = []

    def stop(report: progress.Progress) -> None:
        told.append(report.done / report.total)
        if told[-1] > 0.5:
            raise KeyboardInterrupt

    with rehearsals.left_out():
        with pytest.raises(KeyboardInterrupt), progress.listen(stop):
            run_fn(fn_args("one"))
        kept = sorted(file.name for file in (tmp_path / "state").rglob("*.npz"))
        assert kept == ["trees-00000.npz", "trees-00005.npz"]
        run_fn(fn_args("one"))
        monkeypatch.setenv(unfinished.VARIABLE, str(tmp_path / "another"))
        run_fn(fn_args("two"))
    histories = [
        json.loads((tmp_path / name / "run" / "history.json").read_text())
        for name in ("one", "two")
    ]
    assert histories[0]["history"] == histories[1]["history"]
    assert histories[0]["parameters"] == histories[1]["parameters"] > 0
    answers = [
        tf.saved_model.load(str(tmp_path / name / "Format-Serving"))
        .signatures["serving_images"](images=tf.constant(asked))["probabilities"]
        .numpy()
        for name in ("one", "two")
    ]
    np.testing.assert_array_equal(*answers)


def first_of_each(split: Split, count: int) -> Split:
    few = [np.flatnonzero(split.labels == one)[:count] for one in range(10)]
    return Split(*(part[np.concatenate(few)] for part in split))


ODD: dict[str, Callable[[Split], Split]] = {
    "one of each class": lambda split: first_of_each(split, 1),
    "two of each class": lambda split: first_of_each(split, 2),
    "copies alone": lambda split: Split(np.repeat(split.images[:1], 60, 0), split.labels[:60]),
    "a class of copies": lambda split: Split(
        np.where((split.labels == 3)[:, None, None], split.images[:1], split.images), split.labels
    ),
    "one of a class": lambda split: Split(
        *(part[np.r_[np.flatnonzero(split.labels != 3), 7]] for part in split)
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_a_trial_does_with_odd_data(split: Split, odd: str) -> None:
    held_out = Split(*(part[300:400] for part in split))
    run = TrainingRun(epochs=1, seed=1, trial=True)
    found = RandomForest(MNIST).train(VALUES, Splits(ODD[odd](split), held_out), run)
    assert 0.0 <= found.history["val_accuracy"][0] <= 1.0
    assert np.isfinite(found.history["val_loss"][0])


def test_other_data_have_other_sides_and_classes() -> None:
    random = np.random.default_rng(1)
    labels = np.arange(260) % LETTERS.classes
    images = random.integers(0, 40, (260, 32, 32), np.uint8)
    images[np.arange(260), labels] = 255  # a bright row tells the class
    learnt = Split(images, labels)
    for trial in (False, True):
        run = TrainingRun(epochs=1, seed=1, trial=trial)
        found = RandomForest(LETTERS).train(VALUES, Splits(learnt, learnt), run)
        assert found.history["val_accuracy"][0] > 0.5
    answer = found.signatures(images, 1)["serving_images"].function(tf.constant(images[:3]))
    assert answer["probabilities"].shape == (3, 26)


def test_a_trial_is_scored_by_the_folds_of_what_it_learns_from(split: Split) -> None:
    run = TrainingRun(epochs=1, seed=1, trial=True)
    nonsense = Split(split.images[:50], (split.labels[:50] + 1) % 10)
    found = RandomForest(MNIST).train(VALUES, Splits(split, nonsense), run).history
    wanted = []
    for fold in folds(split, 3, 1):
        forest = Forest(grow.grow(fold.train, 10, VALUES, 1))
        answers = forest.probabilities(fold.held_out.images).numpy().argmax(axis=1)
        wanted.append((answers == fold.held_out.labels).mean())
    assert found["val_accuracy"] == [pytest.approx(np.mean(wanted))] and min(wanted) > 0.6


def test_a_tree_that_is_one_leaf_answers_too(asked: Any) -> None:
    alike = Split(asked[:20], np.full(20, 3))
    found = Forest(grow.grow(alike, 10, VALUES, seed=1)).probabilities(asked[:4]).numpy()
    np.testing.assert_array_equal(found, np.tile(np.eye(10)[3], (4, 1)))


def test_folds_keep_the_same_images_together_and_every_class_alike(split: Split) -> None:
    twice = Split(*(np.concatenate([part, part[:50]]) for part in split))
    found = list(folds(twice, 5, seed=1))
    assert len(found) == 5
    assert sum(len(fold.held_out.labels) for fold in found) == len(twice.labels)
    for fold in found:
        learnt = {image.tobytes() for image in fold.train.images}
        assert not any(image.tobytes() in learnt for image in fold.held_out.images)
        parts = np.bincount(fold.held_out.labels, minlength=10) / len(fold.held_out.labels)
        wanted = np.bincount(twice.labels, minlength=10) / len(twice.labels)
        assert np.abs(parts - wanted).max() < 0.03
