"""The whole pipeline in the small profile, as a person runs it and runs it again."""

import dataclasses
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
import numpy as np
import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from sklearn import metrics

from components.readers import idx
from components.readers.reader import Pair
from tests import models, runs

NODES = [
    "MnistExampleGen",
    "StatisticsGen",
    "CuratedSchema",
    "ExampleValidator",
    "DataGate",
    "Tuner",
    "Trainer",
    "Baseline",
    "Evaluator",
    "ServingCheck",
    "Pusher",
]
Execution = metadata_store_pb2.Execution


def store_of(output: Path) -> MetadataStore:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(output / "metadata.sqlite")
    return mlmd.MetadataStore(config)


def executions(output: Path, state: Any) -> list[str]:
    """The node types of all executions in a state."""
    store = store_of(output)
    types = {kind.id: kind.name.split(".")[-1] for kind in store.get_execution_types()}
    return sorted(types[e.type_id] for e in store.get_executions() if e.last_known_state == state)


@pytest.fixture(scope="module")
def pushed(smoke_run: Callable[[str], runs.Run]) -> runs.Run:
    """A smoke run on the repository's MNIST, which later tests in this file run again.

    In its own folder: a copy of the store would still name this one.
    """
    return smoke_run("transformer")


def test_it_ends_pushed(pushed: runs.Run) -> None:
    assert pushed.code == 0, pushed.screen
    summary = pushed.summary
    assert summary["verdict"]["outcome"] == "pushed" and summary["verdict"]["exit_code"] == 0
    assert sorted(pushed.states) == sorted(NODES)
    assert set(pushed.states.values()) == {"done"}
    version = Path(summary["pushed"])
    assert version.parent == pushed.output / "serving" / "transformer"
    assert (version / "saved_model.pb").exists()
    assert f"pushed: {version}" in pushed.screen


def test_the_screen_has_a_line_a_node_and_nothing_of_the_libraries(pushed: runs.Run) -> None:
    lines = pushed.screen.splitlines()
    for node in NODES:
        assert sum(f" {node} " in line and " s " in line for line in lines) == 1, node
    assert len(lines) < 3 * len(NODES), pushed.screen
    assert "WARNING" not in pushed.screen
    log = pushed.output / "transformer" / pushed.summary["run"] / "log.txt"
    assert set(lines[:-1]) <= set(log.read_text().splitlines())


def test_the_summary_says_everything(pushed: runs.Run) -> None:
    summary = pushed.summary
    assert summary["settings"]["profile"] == "smoke"
    assert summary["versions"]["tensorflow"] and summary["source"] and summary["seed"] == 1
    assert all(node["seconds"] >= 0 for node in summary["nodes"])
    assert summary["tuning"]["best"]["learning_rate"] > 0
    assert len(summary["tuning"]["trials"]) >= 1
    evaluation = summary["evaluation"]
    assert len(evaluation["slices"]) == 13 and np.sum(evaluation["confusion"]) == 2000


def test_the_pushed_model_answers_in_a_fresh_process(
    pushed: runs.Run, mnist_dir: Path, tmp_path: Path
) -> None:
    pair = idx.find_dataset(mnist_dir)["test"]
    images, labels = idx.read_images(pair.images, 0, 2000), idx.read_labels(pair.labels, 0, 2000)
    requests = {"serving_images": {"images": images}}
    answers = models.ask_in_a_fresh_process(pushed.summary["pushed"], tmp_path, requests)
    chosen = answers["serving_images"]["probabilities"].argmax(axis=1)
    # The same images that the Evaluator saw: its figures are scikit-learn's.
    evaluation = pushed.summary["evaluation"]
    overall = evaluation["overall"]
    assert overall["accuracy"] == pytest.approx(metrics.accuracy_score(labels, chosen), abs=1e-6)
    assert overall["f1_macro"] == pytest.approx(
        metrics.f1_score(labels, chosen, average="macro"), abs=1e-5
    )
    assert evaluation["confusion"] == metrics.confusion_matrix(labels, chosen).tolist()


def test_a_second_run_ends_as_the_first(pushed: runs.Run) -> None:
    before = executions(pushed.output, Execution.CACHED)
    again = runs.run(pushed.output, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert list(again.states) == list(pushed.states) and set(again.states.values()) == {"cached"}
    assert again.summary["verdict"] == pushed.summary["verdict"]
    assert again.summary["run"] != pushed.summary["run"]
    assert executions(pushed.output, Execution.CACHED) == before  # the store was not asked


def test_another_process_finds_each_node_in_the_store(pushed: runs.Run) -> None:
    before = executions(pushed.output, Execution.CACHED)
    runs.forget_last(pushed)
    again = runs.run(pushed.output, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert {n for n, state in again.states.items() if state != "cached"} == {"Baseline"}
    new = executions(pushed.output, Execution.CACHED)
    assert len(new) - len(before) == len(NODES) - 1  # Baseline, a resolver, always looks
    assert len(list((pushed.output / "serving" / "transformer").iterdir())) == 1


def test_a_worse_model_is_refused_and_reruns_only_what_depends(pushed: runs.Run) -> None:
    worse = runs.run_here(pushed.output, "--profile", "smoke", "--set", "training.epochs=1")
    assert worse.code == 3, worse.screen
    assert worse.states["Tuner"] == "cached" and worse.states["MnistExampleGen"] == "cached"
    assert worse.states["Trainer"] == "done" and worse.states["Evaluator"] == "done"
    failures = worse.summary["verdict"]["failures"]
    change = [f for f in failures if f["kind"] == "change"]
    assert change and change[0]["metric"] == "accuracy" and change[0]["value"] < -0.002
    assert worse.summary["pushed"] is None
    assert f"refused: {worse.summary['verdict']['reason']}\nsummary " in worse.screen
    assert len(list((pushed.output / "serving" / "transformer").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rerun-from", "Nonesuch"), "unknown node 'Nonesuch'; choose MnistExampleGen"),
        (("--set", "hyperparameters.depth=3"), "unknown hyperparameter 'depth'"),
    ],
)
def test_what_only_the_pipeline_knows_is_refused_before_work_starts(
    arguments: tuple[str, str], words: str, tmp_path: Path
) -> None:
    run = runs.run_here(tmp_path / "output", *arguments)
    assert run.code == 2 and words in run.screen and "Traceback" not in run.screen
    assert not (tmp_path / "output" / "artifacts").exists()


def test_a_node_is_run_anew_when_asked_and_all_that_depend_on_it(pushed: runs.Run) -> None:
    options = ("--profile", "smoke", "--rerun-from", "ServingCheck")
    again = runs.run_here(pushed.output, *options)
    assert again.code == 0, again.screen
    rerun = {node for node, state in again.states.items() if state == "done"}
    assert rerun == {"ServingCheck", "Pusher", "Baseline"}


def test_a_lost_push_is_made_again(pushed: runs.Run) -> None:
    shutil.rmtree(pushed.output / "serving")
    again = runs.run_here(pushed.output, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert again.states["Pusher"] == "done"
    assert Path(again.summary["pushed"], "saved_model.pb").exists()


QUICK = ("--profile", "smoke", "--tuner", "none", "--set", "training.epochs=2")


def small_dataset(make_dataset: Any, folder: Path) -> Pair:
    """Writes a small dataset, and returns the pair of files to train on."""
    return idx.find_dataset(make_dataset(folder, train=1500, test=400))["train"]


def test_an_anomaly_stops_the_run_before_anything_is_tuned(
    make_dataset: Any, tmp_path: Path
) -> None:
    pair = small_dataset(make_dataset, tmp_path / "idx")
    images = np.array(idx.read_images(pair.images, 0, pair.count))
    images[5] = 0
    idx.write_idx(pair.images, images)
    options = ("--data-dir", str(tmp_path / "idx"), "--profile", "smoke")
    run = runs.run_here(tmp_path / "output", *options)
    assert run.code == 3, run.screen
    assert list(run.states.items())[-1] == ("DataGate", "refused")
    assert "mean_ink" in run.summary["verdict"]["reason"]
    assert "Tuner" not in run.states


@dataclasses.dataclass(frozen=True)
class Resumed:
    """A run on shuffled labels that was killed in the Trainer, and the same run again.

    Attributes:
        signal: that killed it.
        code: its exit code.
        screen: what was on it.
        running: the nodes that it left running, by the store.
        half_written: the folder of the model that it left.
        run: the second one.
    """

    signal: int
    code: int
    screen: str
    running: list[str]
    half_written: Path
    run: runs.Run


@pytest.fixture(
    scope="module", params=[signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def resumed(
    request: pytest.FixtureRequest, make_dataset: Any, tmp_path_factory: pytest.TempPathFactory
) -> Resumed:
    folder = tmp_path_factory.mktemp("killed")
    pair = small_dataset(make_dataset, folder / "idx")
    labels = np.array(idx.read_labels(pair.labels, 0, pair.count))
    idx.write_idx(pair.labels, np.random.default_rng(1).permutation(labels))
    output, options = folder / "output", ("--data-dir", str(folder / "idx"), *QUICK)

    process = runs.start(output, *options)
    epochs = "state/transformer/trainer/*/epoch-*.weights.h5"
    screen = runs.kill_when(process, lambda: any(output.glob(epochs)), request.param)
    running = executions(output, Execution.RUNNING)
    [model] = (output / "artifacts" / "transformer" / "Trainer" / "model").iterdir()
    again = runs.run_here(output, *options)
    return Resumed(request.param, process.returncode, screen, running, model, again)


def test_a_killed_run_goes_on(resumed: Resumed) -> None:
    code = 130 if resumed.signal == signal.SIGINT else -resumed.signal
    assert resumed.code == code, resumed.screen
    assert resumed.running == ["Trainer"]

    run = resumed.run
    assert run.states["MnistExampleGen"] == "cached" and run.states["Trainer"] == "done"
    assert executions(run.output, Execution.RUNNING) == []
    assert executions(run.output, Execution.CANCELED) == ["Trainer"]
    assert not resumed.half_written.exists() and any(resumed.half_written.parent.iterdir())
    assert len(run.summary["training"]["history"]["loss"]) == 2
    assert not any((run.output / "state" / "transformer" / "trainer").glob("*"))


def test_a_model_trained_on_shuffled_labels_is_refused(resumed: Resumed) -> None:
    run = resumed.run
    assert run.code == 3, run.screen
    verdict = run.summary["verdict"]
    assert verdict["outcome"] == "refused"
    assert verdict["failures"][0]["metric"] in ("accuracy", "auc_macro")
    assert verdict["failures"][0]["examples"] == 400
    assert any(f["slice"].startswith("label=") for f in verdict["failures"])
    assert f"refused: {verdict['reason']}" in run.screen
    assert not (run.output / "serving").exists()
