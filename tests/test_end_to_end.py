"""The whole pipeline, as a person runs it, in the small profile."""

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
import numpy as np
import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from sklearn import metrics

from components.readers import idx
from tests import runs

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
def pushed(tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    """A smoke run on the repository's MNIST."""
    return runs.run(tmp_path_factory.mktemp("smoke") / "output", "--profile", "smoke")


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
    assert list((pushed.output / "logs").glob("transformer-*.log"))


def test_the_summary_says_everything(pushed: runs.Run) -> None:
    summary = pushed.summary
    assert summary["settings"]["profile"] == "smoke"
    assert summary["versions"]["tensorflow"] and summary["source"] and summary["seed"] == 1
    assert all(node["seconds"] >= 0 for node in summary["nodes"])
    assert summary["tuning"]["best"]["learning_rate"] > 0
    assert len(summary["tuning"]["trials"]) >= 1
    evaluation = summary["evaluation"]
    assert len(evaluation["slices"]) == 13 and np.sum(evaluation["confusion"]) == 2000


def test_the_pushed_model_answers_in_a_fresh_process(pushed: runs.Run, mnist_dir: Path) -> None:
    pair = idx.find_dataset(mnist_dir)["test"]
    images, labels = idx.read_images(pair.images, 0, 2000), idx.read_labels(pair.labels, 0, 2000)
    requests = {"serving_images": {"images": images}}
    answers = runs.ask(pushed.summary["pushed"], pushed.output, requests)
    chosen = answers["serving_images"]["probabilities"].argmax(axis=1)
    # The same images that the Evaluator saw: its figures are scikit-learn's.
    evaluation = pushed.summary["evaluation"]
    overall = evaluation["overall"]
    assert overall["accuracy"] == pytest.approx(metrics.accuracy_score(labels, chosen), abs=1e-6)
    assert overall["f1_macro"] == pytest.approx(
        metrics.f1_score(labels, chosen, average="macro"), abs=1e-5
    )
    assert evaluation["confusion"] == metrics.confusion_matrix(labels, chosen).tolist()


def test_a_second_run_finds_everything_done(pushed: runs.Run) -> None:
    before = executions(pushed.output, Execution.CACHED)
    again = runs.run(pushed.output, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert {n for n, state in again.states.items() if state != "cached"} == {"Baseline"}
    new = executions(pushed.output, Execution.CACHED)
    assert len(new) - len(before) == len(NODES) - 1  # Baseline, a resolver, always looks
    assert len(list((pushed.output / "serving" / "transformer").iterdir())) == 1


def test_a_worse_model_is_refused_and_reruns_only_what_depends(
    pushed: runs.Run, tmp_path: Path
) -> None:
    # A copy of the store still names the first folder, so it has to be the same one.
    worse = runs.run(pushed.output, "--profile", "smoke", "--set", "training.epochs=1")
    assert worse.code == 3, worse.screen
    assert worse.states["Tuner"] == "cached" and worse.states["MnistExampleGen"] == "cached"
    assert worse.states["Trainer"] == "done" and worse.states["Evaluator"] == "done"
    failures = worse.summary["verdict"]["failures"]
    change = [f for f in failures if f["kind"] == "change"]
    assert change and change[0]["metric"] == "accuracy" and change[0]["value"] < -0.002
    assert worse.summary["pushed"] is None
    assert "refused: " in worse.screen.splitlines()[-2]
    assert len(list((pushed.output / "serving" / "transformer").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rerun-from", "Nonesuch"), "there is no node 'Nonesuch'; there is CuratedSchema"),
        (("--set", "hyperparameters.depth=3"), "unknown hyperparameter 'depth'"),
    ],
)
def test_what_only_the_pipeline_knows_is_refused_before_work_starts(
    arguments: tuple[str, str], words: str, tmp_path: Path
) -> None:
    run = runs.run(tmp_path / "output", *arguments)
    assert run.code == 2 and words in run.screen and "Traceback" not in run.screen
    assert not (tmp_path / "output" / "artifacts").exists()


def test_a_node_is_run_anew_when_asked_and_all_that_depend_on_it(pushed: runs.Run) -> None:
    again = runs.run(pushed.output, "--profile", "smoke", "--rerun-from", "ServingCheck")
    assert again.code == 0, again.screen
    rerun = {node for node, state in again.states.items() if state == "done"}
    assert rerun == {"ServingCheck", "Pusher", "Baseline"}


def test_a_lost_push_is_made_again(pushed: runs.Run) -> None:
    shutil.rmtree(pushed.output / "serving")
    again = runs.run(pushed.output, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert again.states["Pusher"] == "done"
    assert Path(again.summary["pushed"], "saved_model.pb").exists()


@pytest.fixture
def small(tmp_path: Path, make_dataset) -> Path:
    return make_dataset(tmp_path / "idx", train=1500, test=400)


QUICK = ("--profile", "smoke", "--tuner", "none", "--set", "training.epochs=2")


def test_a_model_trained_on_shuffled_labels_is_refused(small: Path, tmp_path: Path) -> None:
    pair = idx.find_dataset(small)["train"]
    labels = np.array(idx.read_labels(pair.labels, 0, pair.count))
    idx.write_idx(pair.labels, np.random.default_rng(1).permutation(labels))
    run = runs.run(tmp_path / "output", "--data-dir", str(small), *QUICK)
    assert run.code == 3, run.screen
    verdict = run.summary["verdict"]
    assert verdict["outcome"] == "refused"
    assert verdict["failures"][0]["metric"] in ("accuracy", "auc_macro")
    assert verdict["failures"][0]["examples"] == 400
    assert any(f["slice"].startswith("label=") for f in verdict["failures"])
    assert f"refused: {verdict['reason']}" in run.screen
    assert not (tmp_path / "output" / "serving").exists()


def test_an_anomaly_stops_the_run_before_anything_is_tuned(small: Path, tmp_path: Path) -> None:
    pair = idx.find_dataset(small)["train"]
    images = np.array(idx.read_images(pair.images, 0, pair.count))
    images[5] = 0
    idx.write_idx(pair.images, images)
    run = runs.run(tmp_path / "output", "--data-dir", str(small), "--profile", "smoke")
    assert run.code == 3, run.screen
    assert list(run.states.items())[-1] == ("DataGate", "refused")
    assert "mean_ink" in run.summary["verdict"]["reason"]
    assert "Tuner" not in run.states


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_goes_on(how: int, small: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    arguments = ("--data-dir", str(small), *QUICK)
    kept = output / "state" / "transformer" / "trainer"
    process = runs.start(output, *arguments)
    runs.kill_when(process, lambda: any(kept.glob("*/epoch-*.weights.h5")), how)
    assert process.returncode == (-how if how == signal.SIGKILL else 130)
    assert executions(output, Execution.RUNNING) == ["Trainer"]
    half_written = output / "artifacts" / "transformer" / "Trainer" / "model"
    [left] = os.listdir(half_written)

    run = runs.run(output, *arguments, "--set", "gates.accuracy=0", "--set", "gates.auc=0")
    assert run.states["MnistExampleGen"] == "cached" and run.states["Trainer"] == "done"
    assert executions(output, Execution.RUNNING) == []
    assert executions(output, Execution.CANCELED) == ["Trainer"]
    assert left not in os.listdir(half_written)
    assert len(run.summary["training"]["history"]["loss"]) == 2
    assert not any(kept.glob("*"))
