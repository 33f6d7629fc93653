"""What a pod does, in this process: the first nodes for real on a small dataset, the rest told."""

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components import data_gate
from components.gates import Failure, write_record
from components.results.summary import Summary, Verdict
from kubeflow.pod import run_node
from modules.training import unfinished
from pipeline import run as conductor
from pipeline.exit_codes import ExitCode
from pipeline.intake import on_data
from pipeline.outcome import Finished, Outcome
from pipeline.settings import Settings, make_settings, to_plain
from pipeline.verdict import end
from tests import pods_here
from tests.datasets import MNIST
from tests.pods_here import Pods

FIRST = ("MnistExampleGen", "StatisticsGen", "CuratedSchema", "ExampleValidator", "DataGate")
REST = ("Trainer", "Baseline", "Evaluator", "Inspector", "ServingCheck", "Pusher")
ANOMALY = Failure("DataGate", "ink", "test", None, "must", None, 0, "does not fit: too low")


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with pods_here.restored(monkeypatch):
        yield


def make(data: Path, output: Path) -> Settings:
    return on_data(
        make_settings(
            model="transformer", tuner="none", profile="smoke", data_dir=data, output=output
        )
    )


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory, make_dataset: Any) -> Pods:
    """Of a run that has come as far as the data's gate, which refused once."""
    folder = tmp_path_factory.mktemp("pods")
    data = make_dataset(folder / "idx", train=600, test=400)
    pods = Pods(make(data, folder / "output"), folder / "shown")
    left = pods.settings.state / "run-1" / "mnistexamplegen"
    left.mkdir(parents=True)
    for node in FIRST:
        if node == "DataGate":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(data_gate, "find_anomalies", lambda *_: [ANOMALY])
                pods.refused = pods.run(node), pods.end, pods.shown
            pods.last = pods.run("Verdict"), pods.end, pods.shown
            pods.summaries = [pods.summary("run-1"), pods.latest]
        assert pods.run(node) == 0, pods.said
        assert pods.said[0][9:].startswith("devices: ") and pods.said[0].endswith("GPUs: none")
        assert pods.said[-1].split()[:2] == ["done", node]
        assert pods.shown.startswith(f"# {node}: done\n")
    assert not left.exists()
    return pods


def test_a_node_shows_its_figure_and_where_its_outputs_are(pods: Pods) -> None:
    shown = (pods.folder / "run-1" / "StatisticsGen.md").read_text()
    statistics = pods.settings.artifacts / "StatisticsGen" / "statistics"
    assert "\n3 splits\n" in shown
    assert f"| statistics | `{statistics}/" in shown


def test_another_run_takes_the_node_from_the_cache(pods: Pods) -> None:
    assert pods.run("MnistExampleGen", "run-2") == 0
    assert pods.said[-1].split()[:2] == ["cached", "MnistExampleGen"]
    assert pods.shown.startswith("# MnistExampleGen: cached\n\ntrain 535, eval 65, test 400 images")
    assert "/MnistExampleGen/examples/1` |" in pods.shown
    assert os.environ[unfinished.VARIABLE] == str(pods.settings.state / "run-2")


def test_a_second_try_of_what_is_done_succeeds(pods: Pods) -> None:
    # KFP repeats a task whose node is complete when it could not upload what the UI shows.
    assert pods.run("MnistExampleGen") == 0
    assert pods.said[-1].split()[:2] == ["done", "MnistExampleGen"]
    assert "/MnistExampleGen/examples/1` |" in pods.shown


def test_a_gate_that_refused_says_why_and_can_be_asked_again(pods: Pods) -> None:
    assert pods.refused == (3, f"refused: {ANOMALY}", "")
    shown = (pods.folder / "run-1" / "DataGate.md").read_text()
    assert shown.startswith("# DataGate: done\n\nthe data fits its schema")


def test_the_last_task_gives_the_reason_of_the_gate_that_ended_the_run(pods: Pods) -> None:
    code, said, shown = pods.last
    assert (code, said) == (3, f"refused: {ANOMALY}")
    assert shown.startswith("# Not served: refused by DataGate\n")
    for summary in pods.summaries:  # its own, and the one that is found first
        assert summary.run == "run-1"
        assert (summary.verdict.outcome, summary.verdict.failures) == ("refused", (ANOMALY,))


def test_a_node_whose_inputs_are_not_there_fails(pods: Pods) -> None:
    assert pods.run("StatisticsGen", "run-3") == 1
    assert pods.end.startswith("failed: its inputs could not be found")
    assert pods.shown == ""


def test_a_node_that_the_pipeline_does_not_have_fails(pods: Pods) -> None:
    assert pods.run("Tuner") == 1  # these settings have no search
    assert "the pipeline has no node 'Tuner'" in pods.end


def test_other_code_than_the_file_was_compiled_with_is_not_run(pods: Pods) -> None:
    assert pods.run("MnistExampleGen", "run-4", source="0123456789abcdef") == 1
    assert pods.end.startswith("failed: the code in this image is not what the file was compiled")
    assert pods.said[0][9:].startswith("devices: ")
    assert not (pods.folder / "run-4").exists()
    for _ in range(2):  # the first task, and the last one
        told = pods.latest
        assert (told.run, told.verdict.outcome) == ("run-4", "failed")
        assert told.verdict.reason.startswith("MnistExampleGen: the code in this image is not what")
        assert [(node.node, node.state) for node in told.nodes] == [("MnistExampleGen", "failed")]
        assert pods.run("Verdict", "run-4", source="0123456789abcdef") == 1
    assert pods.summary("run-1").verdict.reason != told.verdict.reason


def test_what_ends_the_last_task_alone_is_written_down_too(pods: Pods) -> None:
    assert pods.run("Verdict", "run-10", source="0123456789abcdef") == 1
    told = pods.latest
    assert (told.run, told.verdict.outcome, told.nodes) == ("run-10", "failed", ())
    assert told.verdict.reason.startswith("the code in this image is not what")


def test_the_last_task_gives_the_words_of_the_pod_that_failed(pods: Pods) -> None:
    assert pods.run("MnistExampleGen", "run-11") == 0
    assert pods.run("StatisticsGen", "run-12") == 1  # of another run, at the same time
    other = pods.summary("run-12").verdict
    assert pods.run("MnistExampleGen", "run-11", gpus=3) == 1
    assert pods.run("Verdict", "run-11") == 1
    assert pods.end.startswith("failed: CuratedSchema came to no end: ")
    assert pods.run("StatisticsGen", "run-11", gpus=3) == 1
    assert pods.run("Verdict", "run-11") == 1
    assert pods.end.startswith("failed: StatisticsGen: devices: ")
    assert pods.summary("run-11").verdict.reason == pods.end.removeprefix("failed: ")
    assert pods.summary("run-12").verdict == other
    assert other.reason.startswith("StatisticsGen: its inputs could not be found")


def test_a_missing_gpu_is_not_made_up_for_by_the_cpu(pods: Pods) -> None:
    assert pods.run("MnistExampleGen", "run-5", gpus=1) == 1
    assert pods.end.startswith("failed: devices: ")
    assert "GPUs: none; this task requested 1. Does the image have CUDA" in pods.end


def test_settings_of_another_version_are_named(pods: Pods) -> None:
    settings = to_plain(pods.settings)
    del settings["tuning"]
    assert pods.run("MnistExampleGen", "run-6", settings=json.dumps(settings)) == 1
    said = "failed: these settings were written by another version of the project: "
    assert pods.end.startswith(f"{said}they lack tuning.budget")


def test_the_verdict_of_a_run_that_is_not_whole_names_what_is_missing(pods: Pods) -> None:
    assert pods.run("Verdict") == 1
    assert pods.end.startswith("failed: Trainer came to no end: the pod was killed, or never ")
    assert pods.shown.startswith("# Not served: failed\n")
    assert "| MnistExampleGen | done |" in pods.shown
    written = pods.summary("run-1")
    assert (written.verdict.outcome, written.verdict.exit_code) == ("failed", 1)
    assert {node.node for node in written.nodes} == set(FIRST)


def test_from_the_last_task_a_gate_that_refused_the_data_is_seen(
    pods: Pods, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before_the_gate(*_: Any) -> list[Finished]:
        return [node for node in real(*_) if node.outcome.node_id != "DataGate"]

    real = conductor.finished_nodes
    monkeypatch.setattr(conductor, "finished_nodes", before_the_gate)
    [anomalies] = (pods.settings.artifacts / "ExampleValidator" / "anomalies").iterdir()
    write_record(anomalies, "DataGate", [ANOMALY])
    assert pods.run("Verdict") == 3
    assert pods.end == f"refused: {ANOMALY}"
    assert pods.summary("run-1").verdict.failures == (ANOMALY,)
    write_record(anomalies, "DataGate", [])


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (end(ExitCode.PUSHED, "/serving/1"), 0),
        (end(ExitCode.REFUSED, "accuracy is 0.1, needs 0.9"), 3),
    ],
)
def test_the_verdict_is_the_end_of_the_run(
    told: Verdict, code: int, pods: Pods, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [Finished(Outcome(node, "done", 1.0), "", {}) for node in (*FIRST, *REST)]
    monkeypatch.setattr(conductor, "finished_nodes", lambda *_: nodes)
    monkeypatch.setattr(conductor, "decide", lambda *_: told)
    monkeypatch.setattr(conductor, "summarize", lambda *given: Summary(given[2], run=given[3]))
    left = pods.settings.state / "run-7"
    left.mkdir(parents=True)
    assert pods.run("Verdict", "run-7") == code
    assert pods.end == str(told)
    assert pods.summary("run-7") == Summary(told, run="run-7")
    assert not left.exists()
    head = "# Served: pushed as version 1\n" if code == 0 else "# Not served: refused\n"
    assert pods.shown.startswith(head)
    page = pods.settings.output / "transformer" / "run-7" / "report.html"
    assert "</html>" in page.read_text()


def test_a_model_that_cannot_be_trained_is_refused_also_from_the_cache(
    pods: Pods, tmp_path: Path
) -> None:
    spoilt = dataclasses.replace(
        pods.settings, hyperparameters={**pods.settings.hyperparameters, "weight_decay": 1e6}
    )
    again = Pods(spoilt, tmp_path)
    for run_id, state in (("run-8", "done"), ("run-9", "cached")):
        for node in FIRST:
            assert again.run(node, run_id) == 0, again.said
        assert again.run("Trainer", run_id) == 3
        assert any(line.split()[:2] == [state, "Trainer"] for line in again.said)
        words = "training stopped in epoch 1: the loss is nan"
        assert again.end.startswith(f"refused: {words}")
        verdict = again.summary(run_id).verdict
        assert (verdict.outcome, verdict.exit_code) == ("refused", 3)
        assert verdict.reason.startswith(words) and verdict.failures[0].gate == "Trainer"
        assert not (spoilt.state / run_id).exists()
    assert again.run("Trainer", "run-9") == 3  # a second try of what is done


def test_paths_are_those_of_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Path("/mnt/triptych/output")
    compiled = make_settings(data_dir=Path("/app/data/mnist"), output=output, dataset=MNIST)
    text = json.dumps(to_plain(compiled) | {"metadata_store": "/mnt/triptych/a.sqlite"})
    here = run_node.settings_here(text)
    assert here == dataclasses.replace(compiled, metadata_store="/mnt/triptych/a.sqlite")
    monkeypatch.setenv("TRIPTYCH_APP", "/somewhere")
    monkeypatch.setenv("TRIPTYCH_VOLUME", str(tmp_path))
    here = run_node.settings_here(text)
    assert (here.data_dir, here.output) == (Path("/somewhere/data/mnist"), tmp_path / "output")
    assert here.metadata == f"{tmp_path}/a.sqlite"
    monkeypatch.setenv("TRIPTYCH_METADATA", "grpc://localhost:1234")
    assert run_node.settings_here(text).metadata == "grpc://localhost:1234"
