"""The whole pipeline in the small profile, as a person runs it and runs it again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from pipeline import api
from tests import examples, models, runs
from tests.stores import Execution, executions

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
    "Inspector",
    "ServingCheck",
    "Pusher",
]


@pytest.fixture(scope="module")
def pushed(smoke_run: Callable[[str], runs.Run]) -> runs.Run:
    """A smoke run on the repository's MNIST, which later tests in this file run again."""
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


def test_the_last_line_names_the_report_which_tells_the_same(pushed: runs.Run) -> None:
    assert pushed.screen.splitlines()[-1] == f"report  {pushed.folder / 'report.html'}"
    told, summary = pushed.report, dict(pushed.summary)
    assert told["summary"]["verdict"] == summary["verdict"]
    assert told["summary"]["evaluation"]["overall"] == summary["evaluation"]["overall"]
    assert told["inspection"]["pictures"] and told["images"] and not told["previous"]
    assert "repeat this run exactly" in [command["purpose"] for command in told["commands"]]
    rows = (pushed.folder / "predictions.csv").read_text().splitlines()
    right = sum(row.split(",")[1] == row.split(",")[2] for row in rows[1:])
    assert right / len(rows[1:]) == pytest.approx(summary["evaluation"]["overall"]["accuracy"])
    nodes = {node["node"]: node for node in summary["nodes"]}
    assert {"Tuner", "DataGate", "MnistExampleGen"} <= set(nodes["Trainer"]["after"])
    assert all(node["took"] == node["seconds"] for node in nodes.values())
    model = nodes["Trainer"]["outputs"]["model"]
    assert Path(pushed.output, model, "Format-Serving").is_dir()
    assert summary["training"]["keras"] == f"{model}/Format-Keras/model.keras"
    assert Path(pushed.output, summary["training"]["keras"]).is_file()


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
    evaluation = summary["evaluation"]
    assert len(evaluation["slices"]) == 13 and np.sum(evaluation["confusion"]) == 2000


def test_the_search_has_two_rungs_one_promotion_and_six_configurations(pushed: runs.Run) -> None:
    tuning = pushed.summary["tuning"]
    table = sorted(tuning["trials"], key=lambda trial: trial["trial"])
    spans = [(trial["start"], trial["epochs"]) for trial in table]
    assert spans == [(0, 1)] * 4 + [(1, 4)] + [(0, 4)] * 2  # 15 epochs
    promoted = table[4]["values"]
    best = max(table[:4], key=lambda trial: trial["score"])
    assert best["values"] == promoted
    assert len({json.dumps(trial["values"], sort_keys=True) for trial in table}) == 6
    assert {trial["images"] for trial in table} == {1000}
    assert tuning["ended"] == "budget" and tuning["spent"] == tuning["budget"] == 15_000
    assert all(f"trial {n}/7: " in pushed.screen for n in range(1, 8))
    usual = {trial["trial"]: trial["values"] for trial in table}["0000"]
    if tuning["best"] == usual:
        assert tuning["worth"]["seeds"] == []
    else:
        worth = tuning["worth"]
        assert len(worth["winner"]) == len(worth["beginning"]) == len(worth["seeds"]) == 2
        assert worth["low"] <= worth["gain"] <= worth["high"]


def test_the_pushed_model_answers_in_a_fresh_process(
    pushed: runs.Run, mnist_dir: Path, tmp_path: Path
) -> None:
    images, labels = examples.tested(mnist_dir, 2000)
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
    assert again.report["previous"] == pushed.summary["run"] and again.report["changed"] == []
    took = [[node["took"] for node in run.summary["nodes"]] for run in (again, pushed)]
    assert took[0] == took[1] and sum(took[0]) > 0
    assert executions(pushed.output, Execution.CACHED) == before  # the store was not asked


def test_a_run_from_python_ends_as_the_first(
    pushed: runs.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    found = api.run(profile="smoke", output=pushed.output)
    assert found.verdict.outcome == "pushed" and set(found.nodes["state"]) == {"cached"}
    assert found.name > pushed.summary["run"] and len(found.predictions) == 2000
    shown = capsys.readouterr().out.splitlines()
    assert (
        shown[0].startswith("transformer, profile smoke") and shown[-1] == f"report  {found.report}"
    )


def test_a_folder_that_was_copied_is_used_as_the_original_was(
    pushed: runs.Run, tmp_path: Path
) -> None:
    copy = tmp_path / "copied, with a name of its own {é %41}"
    shutil.copytree(pushed.output, copy, symlinks=True)
    again = runs.run_here(copy, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert {n for n, state in again.states.items() if state != "cached"} == {"Baseline"}
    new = len(executions(copy, Execution.CACHED)) - len(executions(pushed.output, Execution.CACHED))
    assert new == len(NODES) - 1  # Baseline, a resolver, always looks
    version = Path(again.summary["pushed"])
    assert version == copy / "serving" / "transformer" / Path(pushed.summary["pushed"]).name
    assert str(pushed.output) not in json.dumps(again.summary)
    took = {node["node"]: node["took"] for node in again.summary["nodes"]}
    before = {node["node"]: node["took"] for node in pushed.summary["nodes"]}
    assert took["Trainer"] == pytest.approx(before["Trainer"], rel=0.2, abs=1.0)
    assert again.report["images"]


def test_a_worse_model_is_refused_and_reruns_only_what_depends(pushed: runs.Run) -> None:
    worse = runs.run_here(pushed.output, "--profile", "smoke", "--set", "training.epochs=1")
    assert worse.code == 3, worse.screen
    assert worse.states["Tuner"] == "cached" and worse.states["MnistExampleGen"] == "cached"
    assert worse.states["Trainer"] == "done" and worse.states["Evaluator"] == "done"
    failures = worse.summary["verdict"]["failures"]
    change = [f for f in failures if f["kind"] == "change"]
    assert change and change[0]["metric"] == "accuracy" and change[0]["value"] < -0.002
    assert worse.summary["pushed"] is None
    changed = {one["name"]: (one["before"], one["after"]) for one in worse.report["changed"]}
    assert changed["training.epochs"][1] == "1" and worse.report["previous"]
    accept = [one for one in worse.report["commands"] if one["purpose"].startswith("accept what")]
    assert len(accept) <= 1
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


def test_a_push_that_is_not_whole_is_made_again(pushed: runs.Run) -> None:
    versions = pushed.output / "serving" / "transformer"
    damaged = max(versions.iterdir(), key=lambda version: int(version.name))
    (damaged / "saved_model.pb").unlink()
    again = runs.run_here(pushed.output, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert {n for n, state in again.states.items() if state == "done"} == {"Baseline", "Pusher"}
    assert f"note: {damaged}/saved_model.pb is missing" in again.screen
    version = Path(again.summary["pushed"])
    assert (version / "saved_model.pb").exists() and int(version.name) > int(damaged.name)
