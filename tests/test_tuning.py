"""The Tuner's entry point: four searches, TFX's own executor, and resumption."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from keras_tuner.errors import FailedTrialError, FatalRuntimeError
from tfx.proto import trainer_pb2
from tfx.types import channel_utils, standard_artifacts

from components.gates import Record, read_record
from components.tuner import Executor, Tuner
from modules import families
from modules.contract.family import Trained, TrainingStopped
from modules.contract.hyperparameters import defaults
from modules.data.dataset import to_plain
from modules.kinds.keras_family import KerasFamily
from modules.training import progress, unfinished
from modules.training.search import Search, SearchFailedError, SearchStopped
from modules.training.searches import SEARCHES
from modules.training.tuner import tuner_fn
from pipeline.outcome import words
from tests import artifacts, examples
from tests.datasets import MNIST

pytestmark = pytest.mark.usefixtures("eager")

# Small networks, so that what is tested is the search.
SMALL = {"width": 16, "hidden": 16, "heads": 2, "layers": 1, "batch_size": 32}


@pytest.fixture
def fn_args(tmp_path: Path, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch) -> examples.FnArgs:
    monkeypatch.setenv(unfinished.VARIABLE, str(tmp_path / "state"))
    monkeypatch.delenv(unfinished.KEPT, raising=False)  # of a run in this process
    train = examples.write(tmp_path / "train.gz", *examples.cut(mnist_dir, 0, 256))
    held_out = examples.write(tmp_path / "eval.gz", *examples.cut(mnist_dir, 256, 356))
    config = {
        "family": "transformer",
        "dataset": to_plain(MNIST),
        "search": "random",
        "max_epochs": 1,
        "factor": 2,
        "budget": 2 * 128,
        "images": 128,
        "seed": 1,
        "hyperparameters": SMALL,
        "source": "tests",
    }
    return examples.FnArgs([train], [held_out], config, working_dir=str(tmp_path / "work"))


def search(fn_args: examples.FnArgs) -> Any:
    result = tuner_fn(fn_args)
    result.tuner.search(**result.fit_kwargs)
    return result.tuner


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Puts a made-up result in the place of each trial's training, one at a time; lists them."""
    trained: list[str] = []

    def result(self: Search, family: Any, values: Any, run: Any) -> dict[str, Any]:
        trained.append(str(values))
        return {"metrics": {"val_accuracy": values["learning_rate"]}}

    monkeypatch.setattr(Search, "_train", result)
    monkeypatch.setattr(KerasFamily, "companion", lambda _: None)
    return trained


@pytest.mark.parametrize("kind", SEARCHES)
def test_each_search_tries_the_defaults_first_and_keeps_what_is_fixed(
    kind: str, fn_args: examples.FnArgs, pretend: list[str]
) -> None:
    fn_args.custom_config["search"] = kind
    oracle = search(fn_args).oracle
    assert len(oracle.trials) == 2
    first = oracle.trials[min(oracle.trials)].hyperparameters.values
    wanted = defaults(families.load("transformer").hyperparameters) | SMALL
    assert {name: first[name] for name in wanted} == wanted
    for trial in oracle.trials.values():
        assert trial.status == "COMPLETED" and 0 <= trial.score <= 1
        assert {name: trial.hyperparameters.values[name] for name in SMALL} == SMALL


def test_a_finished_search_is_answered_from_its_journal(
    fn_args: examples.FnArgs, monkeypatch: pytest.MonkeyPatch
) -> None:
    fn_args.custom_config |= {"search": "hyperband", "max_epochs": 2, "budget": None}
    first = search(fn_args)
    rounds = {t.hyperparameters.values["tuner/epochs"] for t in first.oracle.trials.values()}
    assert rounds == {1, 2}  # so one trial went on from another's weights
    monkeypatch.setattr(Search, "_train", lambda *_: pytest.fail("it trained again"))
    second = search(fn_args)
    results = [
        [(t.score, t.hyperparameters.values) for t in s.oracle.get_best_trials(99)]
        for s in (first, second)
    ]
    assert results[0] == results[1]


@pytest.mark.parametrize("change", [{"source": "edited"}, {"images": 100}, {"seed": 2}])
def test_whatever_shapes_a_search_starts_it_anew(
    change: dict[str, Any], fn_args: examples.FnArgs, pretend: list[str]
) -> None:
    search(fn_args)
    search(fn_args)
    assert len(pretend) == 2
    fn_args.custom_config |= change
    search(fn_args)
    assert len(pretend) == 4


def test_a_stopped_search_repeats_no_finished_trial(
    fn_args: examples.FnArgs, tmp_path: Path, pretend: list[str]
) -> None:
    fn_args.custom_config["budget"] = 3 * 128
    state = tmp_path / "state" / "tuner"

    def stop(_: progress.Progress) -> None:
        if any(state.glob("*/*.json")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress.listen(stop):
        search(fn_args)
    finished = len(list(state.glob("*/*.json")))
    assert 1 <= finished < 3 and len(pretend) == finished
    tuner = search(fn_args)
    assert len(tuner.oracle.trials) == 3 and len(pretend) == len({*pretend}) == 3


def test_trials_that_break_off_do_not_end_the_search_but_all_of_them_do(
    fn_args: examples.FnArgs, pretend: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    well = Search._train

    def sometimes(*arguments: Any) -> dict[str, Any]:
        entry = well(*arguments)
        return {"failed": "the loss is nan"} if len(pretend) == 1 else entry

    monkeypatch.setattr(Search, "_train", sometimes)
    oracle = search(fn_args).oracle
    assert sorted(t.status for t in oracle.trials.values()) == ["COMPLETED", "FAILED"]

    fn_args.custom_config["source"] = "other"
    monkeypatch.setattr(Search, "_train", lambda *_: {"failed": "the loss is nan"})
    with pytest.raises(SearchFailedError, match="no trial finished with a score"):
        search(fn_args)


def test_a_full_disk_ends_a_search_and_counts_no_trial_as_failed(
    fn_args: examples.FnArgs, pretend: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, there_is_room = Path.write_bytes, [True, False]

    def until_full(path: Path, content: bytes) -> int:
        if not there_is_room.pop(0):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    with monkeypatch.context() as full, pytest.raises(FatalRuntimeError) as ended:
        full.setattr(Path, "write_bytes", until_full)
        search(fn_args)
    assert words(ended.value).startswith("no room left for ")
    assert len(pretend) == 2
    again = search(fn_args)  # with room: the first is known, the second is tried again
    assert len(pretend) == 3 and pretend[1] == pretend[2]
    assert {trial.status for trial in again.oracle.trials.values()} == {"COMPLETED"}


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_search_whose_trials_all_broke_off_is_the_models_doing(
    kind: str, fn_args: examples.FnArgs, monkeypatch: pytest.MonkeyPatch
) -> None:
    fn_args.custom_config |= {"search": kind, "max_epochs": 4, "budget": 8 * 128}
    monkeypatch.setattr(Search, "_train", lambda *_: {"failed": "training stopped: it is nan"})
    with pytest.raises(SearchStopped, match="no trial finished .* training stopped: it is nan$"):
        search(fn_args)


@pytest.mark.parametrize("error", [FailedTrialError("no room"), KeyError("a mistake")])
def test_a_search_with_a_trial_that_failed_otherwise_is_a_failure(
    error: Exception,
    fn_args: examples.FnArgs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trials: list[int] = []

    def broken(*_: Any) -> dict[str, Any]:
        trials.append(1)
        if len(trials) == 2:
            raise error
        return {"failed": "the loss is nan"}

    monkeypatch.setattr(Search, "_train", broken)
    with pytest.raises(SearchFailedError) as told:
        search(fn_args)
    assert not isinstance(told.value, TrainingStopped)


def test_an_objective_that_is_not_a_number_is_no_score(
    fn_args: examples.FnArgs, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = {"val_accuracy": [0.5, float("nan")]}
    trained = Trained(history, 1, None, lambda *_: {})
    monkeypatch.setattr(families.load("transformer"), "train", lambda *_: trained)
    monkeypatch.setattr(Search, "_rehearse", lambda *_: None)
    with pytest.raises(SearchStopped, match="training ended with val accuracy nan"):
        search(fn_args)


def test_an_unknown_search_is_refused(fn_args: examples.FnArgs) -> None:
    fn_args.custom_config["search"] = "guess"
    with pytest.raises(ValueError, match="unknown search 'guess'; choose hyperband"):
        tuner_fn(fn_args)


def execute(fn_args: examples.FnArgs, folder: Path) -> tuple[Path, Path]:
    """Searches through our executor; returns the folders of the best values and of the results."""
    data = artifacts.make_examples(
        folder / "data", {"train": fn_args.train_files, "eval": fn_args.eval_files}
    )
    component = Tuner(
        tuner_fn="modules.training.tuner.tuner_fn",
        examples=channel_utils.as_channel([data]),
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config=fn_args.custom_config | {"search": "hyperband"},
    )
    best = artifacts.make(standard_artifacts.HyperParameters, folder / "best")
    results = artifacts.make(standard_artifacts.TunerResults, folder / "results")
    context = Executor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    Executor(context).Do(
        {"examples": [data]},
        {"best_hyperparameters": [best], "tuner_results": [results]},
        dict(component.exec_properties),
    )
    return folder / "best", folder / "results"


def test_through_the_executor(fn_args: examples.FnArgs, tmp_path: Path, pretend: list[str]) -> None:
    best, results = execute(fn_args, tmp_path)
    found = json.loads((best / "best_hyperparameters.txt").read_text())["values"]
    assert {name: found[name] for name in SMALL} == SMALL
    assert json.loads((results / "tuner_results.json").read_text())
    assert read_record(results) == Record("Tuner", True)


def test_through_the_executor_a_search_that_comes_to_nothing_says_why(
    fn_args: examples.FnArgs, tmp_path: Path
) -> None:
    fn_args.custom_config["hyperparameters"] = {**SMALL, "batch_size": 8, "weight_decay": 1e6}
    best, results = execute(fn_args, tmp_path)
    [failure] = read_record(results).failures
    assert str(failure).startswith("search came to nothing: no trial finished with a score; ")
    assert "training stopped in epoch 1: the loss is nan" in str(failure)
    assert not any(best.iterdir())
