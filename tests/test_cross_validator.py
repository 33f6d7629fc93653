"""The node CrossValidator: every family, by its own figure, with a search's values or without."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.cross_validator import CrossValidator
from components.results.folds import Folds, read_folds
from modules import families
from modules.contract.hyperparameters import fitting
from modules.data.dataset import to_plain
from modules.training import folds as validating
from modules.training import unfinished
from modules.training.tasks import FoldsTask, to_config
from tests import artifacts, examples, rehearsals
from tests.datasets import MNIST
from tests.networks import SMALL

pytestmark = pytest.mark.usefixtures("eager")

TRAIN, EVAL = 210, 30
QUICK = {**SMALL, "forest": {"n_estimators": 10}}


@pytest.fixture(autouse=True)
def not_rehearsed() -> Iterator[None]:
    with rehearsals.left_out():
        yield


@pytest.fixture
def given(tmp_path: Path, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Examples of which the test split would break whoever reads it."""
    monkeypatch.setenv(unfinished.VARIABLE, str(tmp_path / "state"))
    train = examples.write(tmp_path / "t.gz", *examples.cut(mnist_dir, 0, TRAIN))
    held_out = examples.write(tmp_path / "e.gz", *examples.cut(mnist_dir, TRAIN, TRAIN + EVAL))
    found = artifacts.make_examples(tmp_path / "examples", {"train": [train], "eval": [held_out]})
    (tmp_path / "examples" / "Split-test").mkdir()
    (tmp_path / "examples" / "Split-test" / "data_tfrecord-00000-of-00001.gz").write_text("no")
    return found


def validate(folder: Path, given: Any, family: str, **values: Any) -> Folds:
    inputs = {}
    if found := values.pop("found", None):
        best = artifacts.make(standard_artifacts.HyperParameters, folder / "best")
        text = json.dumps({"values": {**found, "tuner/epochs": 3}})
        Path(best.uri, "best_hyperparameters.txt").write_text(text)
        inputs = {"best_hyperparameters": best}
    changes = {"count": 2, "epochs": 1, "hyperparameters": QUICK[family], "seed": 1} | values
    task = FoldsTask(family=family, dataset=to_plain(MNIST), source="tests", **changes)
    folds = artifacts.make(standard_artifacts.ModelEvaluation, folder / "folds")
    CrossValidator.test_call(
        examples=given, folds=folds, task=json.dumps(to_config(task)), **inputs
    )
    return read_folds({"folds": [folds]})


@pytest.mark.parametrize(
    "family",
    [
        "forest",
        pytest.param("transformer", marks=pytest.mark.slow),
        pytest.param("vae", marks=pytest.mark.slow),
        pytest.param("gan", marks=pytest.mark.slow),
    ],
)
def test_each_family_is_judged_by_its_own_figure(tmp_path: Path, given: Any, family: str) -> None:
    found = validate(tmp_path, given, family)
    objective = families.load(family).objective
    assert (found.objective, found.direction) == objective
    assert found.mean is not None and found.deviation is not None
    assert all(score is not None for score in found.scores)
    one, other = (fold.figures for fold in found.folds)
    assert one.keys() == other.keys() and len(one) > 1 and one != other
    assert found.images == TRAIN + EVAL
    assert {fold.train_images for fold in found.folds} == {120}


@pytest.mark.parametrize(
    ("found", "by_hand", "wanted"),
    [
        ({"n_estimators": 7, "max_depth": 3}, {}, {"n_estimators": 7, "max_depth": 3}),
        ({"n_estimators": 7}, {"n_estimators": 9}, {"n_estimators": 9, "max_depth": 0}),
        (None, {"max_depth": 4}, {"n_estimators": 300, "max_depth": 4}),
    ],
)
def test_the_configuration_is_that_of_the_trainer(
    tmp_path: Path,
    given: Any,
    monkeypatch: pytest.MonkeyPatch,
    found: Any,
    by_hand: dict[str, int],
    wanted: dict[str, int],
) -> None:
    used: list[dict[str, Any]] = []

    def noted(chosen: Any, images: int) -> dict[str, Any]:
        used.append({**chosen})
        return {**fitting(chosen, images), "n_estimators": 2}

    monkeypatch.setattr(validating, "fitting", noted)
    validate(tmp_path, given, "forest", found=found, hyperparameters=by_hand)
    [chosen] = used
    assert chosen.items() >= wanted.items()


def test_who_was_killed_before_the_store_knew_trains_nothing_again(
    tmp_path: Path, given: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = validate(tmp_path, given, "forest")
    monkeypatch.setattr(validating.Folds, "_fold", lambda *_: pytest.fail("it trained again"))
    assert validate(tmp_path, given, "forest") == first
    for change in ({"count": 3}, {"seed": 2}, {"epochs": 2}, {"hyperparameters": {"max_depth": 1}}):
        with pytest.raises(pytest.fail.Exception, match="trained again"):
            validate(tmp_path, given, "forest", **change)
