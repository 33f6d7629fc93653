"""The random forest against scikit-learn, and what it keeps of trees that have grown."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from modules.contract.hyperparameters import defaults
from modules.data.folds import folds
from modules.data.splits import Split
from modules.families.forest import RandomForest
from modules.forest import grow, trees
from modules.forest.answer import Forest
from tests import examples

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
