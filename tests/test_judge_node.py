"""The node that finds a judge for a generator's data, through its own executor."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.gates import Failure, Record, Refusal, read_record
from components.judge import SEED, Judge
from components.results import headlines
from modules.data.dataset import to_plain
from modules.metrics.judge import shipped
from modules.training import judge_training, progress
from modules.training.judge import judge_given, judge_of
from modules.util.files import remove
from tests import artifacts, examples
from tests.datasets import described

STEPS = 400  # of a training here, a third of the fewest; what is on disk after 50 is kept

Made = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def small() -> Made:
    """scikit-learn's digits, 8 x 8 pixels, in bytes."""
    found = sklearn_datasets.load_digits()
    return np.round(found.images * (255 / 16)).astype(np.uint8), found.target


@pytest.fixture(autouse=True)
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where unfinished work is kept; a training is short."""
    monkeypatch.setenv("TRIPTYCH_UNFINISHED", str(tmp_path / "unfinished"))
    monkeypatch.setattr(judge_training, "steps_for", lambda images: STEPS)
    return tmp_path / "unfinished" / "judge"


def examples_of(work: Path, made: Made, held_out: int) -> Any:
    """An Examples artifact whose eval split is the last images."""
    images, labels = made
    cut = len(images) - held_out
    files = {
        "train": [examples.write(work / "train", images[:cut], labels[:cut])],
        "eval": [examples.write(work / "eval", images[cut:], labels[cut:])],
    }
    return artifacts.make_examples(work / "examples", files)


def ask(work: Path, given: Any, side: int, least: float, classes: int = 10) -> Any:
    """Runs the node; gives the judge's artifact."""
    made = artifacts.make(standard_artifacts.Model, work / "judge")
    dataset = json.dumps(to_plain(described(side, classes)))
    Judge.test_call(
        examples=given, judge=made, dataset=dataset, least=least, seed=SEED, source="tests"
    )
    return made


def no_training(*_: object) -> None:
    raise AssertionError("a judge is trained")


def test_the_shipped_judge_is_kept_where_it_reads_the_data(
    tmp_path: Path, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_training, "learn", no_training)
    given = examples_of(tmp_path, examples.cut(mnist_dir, 0, 300), held_out=200)
    made = ask(tmp_path, given, 28, least=0.95)
    found = judge_of([made])
    assert found and found.fingerprint == shipped().fingerprint and 0.95 < found.accuracy <= 1.0
    for one, other in zip(found.weights, shipped().weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert read_record(made.uri) == Record("Judge", True)
    line = headlines.judge({"judge": [made.mlmd_artifact]})
    accuracy = f"{found.accuracy:.4f}"
    assert line == f"the shipped judge reads eval at {accuracy}, fingerprint {found.fingerprint}"


def test_a_judge_is_trained_where_the_shipped_one_does_not_read_the_data(
    tmp_path: Path, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_training, "steps_for", lambda images: 5)
    images, labels = examples.cut(mnist_dir, 0, 300)
    given = examples_of(tmp_path, (images, 9 - labels), held_out=100)
    found = judge_of([ask(tmp_path, given, 28, least=0.0)])
    assert found and found.fingerprint != shipped().fingerprint
    assert found.accuracy == found.accuracy_on(images[200:], 9 - labels[200:])


def test_a_trained_judge_reads_images_of_its_own_side(
    tmp_path: Path, small: Made, unfinished: Path
) -> None:
    told: list[progress.Progress] = []
    with progress.listen(told.append):
        made = ask(tmp_path, examples_of(tmp_path, small, held_out=397), 8, least=0.95)
    found = judge_of([made])
    assert found and (found.side, found.classes) == (8, 10)
    assert found.accuracy >= 0.95  # of other writers
    assert found.accuracy == found.accuracy_on(small[0][-397:], small[1][-397:])
    assert headlines.judge({"judge": [made.mlmd_artifact]}).startswith("trained, reads eval at 0.9")
    assert [told[0].done, told[-1].done, told[-1].total] == [50, STEPS, STEPS]
    assert told[-1].detail == f"judge, step {STEPS}/{STEPS}" and "loss" in told[-1].figure


def test_it_is_the_base_model_that_tfx_hands_on(tmp_path: Path, mnist_dir: Path) -> None:
    given = examples_of(tmp_path, examples.cut(mnist_dir, 0, 300), held_out=200)
    made = ask(tmp_path, given, 28, least=0.95)
    args = examples.FnArgs([], [], {})
    args.base_model = path_utils.serving_model_path(made.uri)
    found = judge_given(args)
    assert found and found.fingerprint == shipped().fingerprint
    args.base_model = None
    assert judge_given(args) is None and judge_of(None) is None and judge_of([]) is None


def test_data_that_no_judge_reads_are_refused_and_asked_again_without_training(
    tmp_path: Path, small: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_training, "steps_for", lambda images: 50)
    labels = np.random.default_rng(1).permutation(small[1])
    given = examples_of(tmp_path, (small[0], labels), held_out=397)
    sentence = r"^judge accuracy on eval is 0\.\d+, needs 0\.8 \(397 examples\)$"
    with pytest.raises(Refusal, match=sentence) as first:
        ask(tmp_path, given, 8, least=0.8)
    [failure] = first.value.failures
    assert isinstance(failure, Failure) and failure.value is not None and failure.value < 0.3
    assert read_record(given.uri) == Record("Judge", False, (failure,))
    monkeypatch.setattr(judge_training, "learn", no_training)
    with pytest.raises(Refusal) as second:
        ask(tmp_path, given, 8, least=0.8)
    assert second.value.failures == first.value.failures
    found = judge_of([ask(tmp_path, given, 8, least=0.01)])  # a person asks for less
    assert found and found.accuracy == failure.value


def killed_after(steps: int) -> Callable[[progress.Progress], None]:
    def listener(found: progress.Progress) -> None:
        if found.done >= steps:
            raise KeyboardInterrupt

    return listener


def test_a_killed_training_goes_on_as_if_it_had_not_been_killed(
    tmp_path: Path, small: Made, monkeypatch: pytest.MonkeyPatch, unfinished: Path
) -> None:
    monkeypatch.setattr(judge_training, "steps_for", lambda images: 200)
    given = examples_of(tmp_path, small, held_out=397)
    whole = judge_of([ask(tmp_path / "whole", given, 8, least=0.5)])
    remove(unfinished)  # as the conductor does when the node is done
    with pytest.raises(KeyboardInterrupt), progress.listen(killed_after(100)):
        ask(tmp_path / "killed", given, 8, least=0.5)
    [left] = unfinished.iterdir()
    assert [path.name for path in left.iterdir()] == ["state.npz"]
    told: list[progress.Progress] = []
    with progress.listen(told.append):
        resumed = judge_of([ask(tmp_path / "killed", given, 8, least=0.5)])
    assert [one.done for one in told] == [150, 200]
    assert whole and resumed and resumed.fingerprint == whole.fingerprint
    assert resumed.accuracy == whole.accuracy


def test_half_a_state_is_none(
    tmp_path: Path, small: Made, monkeypatch: pytest.MonkeyPatch, unfinished: Path
) -> None:
    monkeypatch.setattr(judge_training, "steps_for", lambda images: 100)
    given = examples_of(tmp_path, small, held_out=397)
    with pytest.raises(KeyboardInterrupt), progress.listen(killed_after(50)):
        ask(tmp_path, given, 8, least=0.0)
    [state] = unfinished.glob("*/state.npz")
    state.write_bytes(state.read_bytes()[:1000])
    told: list[progress.Progress] = []
    with progress.listen(told.append):
        ask(tmp_path, given, 8, least=0.0)
    assert [one.done for one in told] == [50, 100]
