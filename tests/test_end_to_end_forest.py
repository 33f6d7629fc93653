"""A forest through the whole pipeline, and a network after it that is held against it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components.results.predictions import FILE, read_file
from tests import examples, models, runs, smoke


@pytest.fixture(scope="module")
def pushed(smoke_run: Callable[[str], runs.Run]) -> runs.Run:
    return smoke_run("short forest")


def outputs(run: runs.Run, node: str) -> dict[str, Path]:
    [found] = (one for one in run.summary["nodes"] if one["node"] == node)
    return {name: run.output / place for name, place in found["outputs"].items()}


def test_it_ends_pushed_with_a_point_of_history_and_nothing_of_keras(pushed: runs.Run) -> None:
    assert pushed.code == 0, pushed.screen
    training = pushed.summary["training"]
    assert {name: len(values) for name, values in training["history"].items()} == {
        "val_accuracy": 1,
        "val_loss": 1,
    }
    assert training["keras"] == "" and training["parameters"] > 1000
    assert training["hyperparameters"]["n_estimators"] == 25
    assert pushed.summary["evaluation"]["overall"]["accuracy"] > 0.75
    assert pushed.summary["forest"] is None
    model = outputs(pushed, "Trainer")["model"]
    assert not list(model.rglob("*.keras")) and not list(model.rglob("*.pkl"))
    assert sum(file.stat().st_size for file in model.rglob("*") if file.is_file()) < 1_000_000
    assert not [*(pushed.output / "state").rglob("trees-*")]


def test_a_fresh_process_gives_the_probabilities_that_were_judged(
    pushed: runs.Run, mnist_dir: Path, tmp_path: Path
) -> None:
    images, labels = examples.tested(mnist_dir, 800)
    asked = {"serving_images": {"images": images}}
    said = models.ask_in_a_fresh_process(pushed.summary["pushed"], tmp_path, asked)
    kept = read_file(outputs(pushed, "Evaluator")["evaluation"] / FILE)
    np.testing.assert_array_equal(kept.labels, labels)
    assert kept.probabilities is not None
    answers = said["serving_images"]["probabilities"]
    np.testing.assert_allclose(answers, kept.probabilities, atol=1e-6)


def test_a_network_after_it_says_how_the_two_compare(pushed: runs.Run, tmp_path: Path) -> None:
    before = smoke.copied(pushed, tmp_path / "output")
    options = [*smoke.arguments("short transformer"), "--tuner", "none"]
    run = runs.run_here(before.output, *options, "--set", "training.epochs=1")
    assert run.code == 0, run.screen
    forest = run.summary["forest"]
    assert forest["run"] == pushed.summary["run"] and forest["unpaired"] == ""
    pairs = {one["slice"]: one for one in forest["paired"] if one["metric"] == "accuracy"}
    assert len([name for name in pairs if name.startswith("label=")]) == 10
    accuracies = [one.summary["evaluation"]["overall"]["accuracy"] for one in (run, pushed)]
    whole = pairs["overall"]
    assert [whole["value"], whole["baseline"]] == pytest.approx(accuracies, abs=1e-6)
    assert sum(one["won"] for name, one in pairs.items() if "label=" in name) == whole["won"]
    assert f"the forest of run {forest['run']} by " in run.screen
    assert run.report["summary"]["forest"] == forest
    assert 'id="forest"' in (run.folder / "report.html").read_text()

    again = runs.run_here(before.output, *options, "--set", "training.epochs=1")
    assert set(again.states.values()) == {"cached"} and again.summary["forest"] == forest
