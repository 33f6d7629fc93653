"""What KFP's UI gets of a node, of an evaluation and of a run's end."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from components.results.facts import Evaluation
from components.results.report import Report
from components.results.summary import Node, Summary, Verdict
from kubeflow.pod import ui
from modules.families import load
from modules.metrics import classifier_scores
from modules.util.plain import number
from pipeline.reports import Made
from pipeline.settings import Settings, make_settings
from tests import results
from tests.datasets import MNIST

with pytest.MonkeyPatch.context() as patch:
    patch.setenv("_KFP_RUNTIME", "true")  # as in a pod: kfp without its compiler
    from kfp import dsl


CLASSES = 10


def predict(count: int, classes: int = CLASSES) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that know something of them."""
    random = np.random.default_rng(5)
    labels = random.integers(0, classes, count)
    logits = random.normal(size=(count, classes)) + 1.5 * np.eye(classes)[labels]
    powers = np.exp(logits)
    return labels, powers / powers.sum(axis=1, keepdims=True)


def classify(labels: np.ndarray, probabilities: np.ndarray) -> Evaluation:
    """An evaluation as our Evaluator stores it."""
    curves = classifier_scores.classifier_scores(labels, probabilities)["curve"]
    size = probabilities.shape[1]
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), labels=range(size))
    return dataclasses.replace(
        results.EVALUATION,
        overall={"accuracy": 0.9, "recall": None, "example_count": float(len(labels))},
        curves=[[[number(x) for x in row] for row in rows] for rows in curves],
        confusion=matrix.tolist(),
        classes=list(map(str, range(size))),
    )


def generate() -> Evaluation:
    """A generator's, with a figure that could not be measured and one in parts."""
    overall: dict[str, Any] = dict.fromkeys(load("vae").evaluation.figures, 0.5)
    overall |= {"precision": None, "latent_kl": [0.5, 0.0], "example_count": 100.0}
    return dataclasses.replace(results.EVALUATION, overall=overall, curves=[], confusion=[])


def make(model: str) -> Settings:
    folder = Path("/somewhere")
    settings = make_settings(
        model=model, tuner="none", profile="smoke", data_dir=folder, output=folder
    )
    return dataclasses.replace(settings, dataset=MNIST)


def show(evaluation: Evaluation, tmp_path: Path) -> dict[str, Any]:
    """Shows an evaluation; returns the artifacts as KFP would keep them."""
    shown = {"metrics": dsl.Metrics(name="metrics", uri=str(tmp_path / "metrics"))}
    if evaluation.confusion:
        shown["classification"] = dsl.ClassificationMetrics(name="c", uri=str(tmp_path / "c"))
    ui.show_evaluation(results.write_evaluation(tmp_path, evaluation), shown)
    for artifact in shown.values():
        json.dumps(artifact.metadata, allow_nan=False)
    return shown


def test_the_pooled_curve_is_that_of_every_image_and_class() -> None:
    labels, probabilities = predict(700)
    evaluation = classify(labels, probabilities)
    points = ui.pooled_roc(evaluation.curves, evaluation.confusion)
    cases, scores = np.eye(CLASSES)[labels].ravel(), probabilities.ravel()
    assert [round(point[0], 2) for point in points] == [round(1 - i / 100, 2) for i in range(101)]
    for threshold, alarms, hits in points:
        assert alarms == pytest.approx((scores[cases == 0] >= threshold).mean(), abs=2e-6)
        assert hits == pytest.approx((scores[cases == 1] >= threshold).mean(), abs=2e-6)
    theirs = metrics.roc_curve(cases, scores, drop_intermediate=False)
    ours = np.array(points)[:, 1:]
    for alarms, hits in ours:  # each of our points is one of theirs
        assert np.hypot(theirs[0] - alarms, theirs[1] - hits).min() < 1e-5
    area = np.trapezoid if hasattr(np, "trapezoid") else np.trapz
    assert area(ours[:, 1], ours[:, 0]) == pytest.approx(
        metrics.roc_auc_score(cases, scores), abs=0.01
    )


@pytest.mark.parametrize("classes", [CLASSES, 7])
def test_a_classifier_is_shown_whole_whatever_its_classes(classes: int, tmp_path: Path) -> None:
    evaluation = classify(*predict(300, classes))
    assert len(evaluation.confusion) == classes
    shown = show(evaluation, tmp_path)
    assert shown["metrics"].metadata == {"accuracy": 0.9, "example_count": 300.0}
    held = shown["classification"].metadata
    matrix = held["confusionMatrix"]
    names = [one["displayName"] for one in matrix["annotationSpecs"]]
    assert names == list(map(str, range(classes)))
    rows = [row["row"] for row in matrix["rows"]]
    assert rows == evaluation.confusion
    assert sum(map(sum, rows)) == 300 and {len(row) for row in rows} == {classes}
    curve = held["confidenceMetrics"]
    names = ("confidenceThreshold", "falsePositiveRate", "recall")
    points = [tuple(point[name] for name in names) for point in curve]
    assert points == ui.pooled_roc(evaluation.curves, rows)
    assert len(points) == 101 and all(0.0 <= value <= 1.0 for one in points for value in one)
    assert curve[-1] == {"confidenceThreshold": 0.0, "falsePositiveRate": 1.0, "recall": 1.0}


def test_a_generator_has_no_confusion_and_may_have_gaps(tmp_path: Path) -> None:
    evaluation = generate()
    shown = show(evaluation, tmp_path)
    gaps = {"precision", "latent_kl"}
    assert shown["metrics"].metadata.keys() == evaluation.overall.keys() - gaps
    assert shown.keys() == {"metrics"}


def learnt(outputs: Any, tmp_path: Path) -> tuple[dict[str, Any], str]:
    """Shows a node that learns; returns its metrics as KFP would keep them, and its Markdown."""
    shown: dict[str, Any] = {
        "summary": dsl.Markdown(name="summary", uri=str(tmp_path / "summary")),
        "metrics": dsl.Metrics(name="metrics", uri=str(tmp_path / "metrics")),
    }
    ui.show_node(Node("Trainer", "done", 1.0, "fine"), outputs, shown)
    ui.show_figures(outputs, shown)
    json.dumps(shown["metrics"].metadata, allow_nan=False)
    return shown["metrics"].metadata, Path(shown["summary"].path).read_text()


HYPERPARAMETERS = "\n\n| hyperparameter | value |\n|---|---|\n| layers | 2 |\n| stem | conv |\n"


def test_a_search_shows_its_best_trial_and_what_it_chose(tmp_path: Path) -> None:
    metrics_, said = learnt(results.write_tuning(tmp_path), tmp_path)
    assert metrics_ == {"trials": 2.0, "val_accuracy": 0.91, "hyperparameters.layers": 2.0}
    assert said.endswith(HYPERPARAMETERS)


def test_a_training_shows_its_last_epoch_and_what_it_was_given(tmp_path: Path) -> None:
    metrics_, said = learnt(results.write_training(tmp_path), tmp_path)
    assert metrics_ == {
        **{"loss": 1.0, "val_loss": 1.0, "rate": 1.0},
        **{"parameters": 1234.0, "seconds": 12.5, "hyperparameters.layers": 2.0},
    }
    assert said.endswith(HYPERPARAMETERS)


def test_a_training_that_diverged_has_no_figure_that_json_does_not_know(tmp_path: Path) -> None:
    history = {"loss": [1.0, None], "val_loss": []}
    training = dataclasses.replace(results.TRAINING, history=history)
    metrics_, _ = learnt(results.write_training(tmp_path, training), tmp_path)
    assert not {"loss", "val_loss"} & metrics_.keys() and "seconds" in metrics_


def test_the_figures_of_the_evaluator_are_those_of_its_evaluation(tmp_path: Path) -> None:
    shown = {"metrics": dsl.Metrics(name="metrics", uri=str(tmp_path / "metrics"))}
    ui.show_figures(results.write_evaluation(tmp_path, generate()), shown)
    assert shown["metrics"].metadata["example_count"] == 100.0


def test_the_report_is_the_page_of_this_run_or_says_why_there_is_none(tmp_path: Path) -> None:
    shown = {"report": dsl.HTML(name="report", uri=str(tmp_path / "deep" / "report"))}
    page = tmp_path / "report.html"
    page.write_text("<p>né</p>", encoding="utf-8")
    ui.show_report(Made("", page), shown)
    assert Path(shown["report"].path).read_text(encoding="utf-8") == "<p>né</p>"
    ui.show_report(Made("no report: <script>"), shown)
    assert "<p>no report: &lt;script&gt;</p>" in Path(shown["report"].path).read_text()


def test_a_node_and_the_end_of_the_run_are_markdown(tmp_path: Path) -> None:
    shown = {"summary": dsl.Markdown(name="summary", uri=str(tmp_path / "deep" / "summary"))}
    outputs: Any = {"b": [SimpleNamespace(uri="/b/1")], "a": [SimpleNamespace(uri="/a/1")]}
    ui.show_node(Node("Trainer", "cached", 1.0, "val_loss 1.0"), outputs, shown)
    table = "| output | where |\n|---|---|\n| a | `/a/1` |\n| b | `/b/1` |"
    said = Path(shown["summary"].path).read_text()
    assert said == f"# Trainer: cached\n\nval_loss 1.0\n\n{table}"
    node = Node("DataGate", "done", 1.26, "fits")
    ui.show_node(node, {}, shown)
    assert Path(shown["summary"].path).read_text() == "# DataGate: done\n\nfits\n"
    summary = Summary(Verdict("refused", 3, "too bad"), nodes=(node,))
    whole = Made("", tmp_path / "report.html", Report(summary))
    for made, head in (
        (whole, "# Not served: refused"),
        (Made("no report"), "# refused\n\ntoo bad\n"),
    ):
        ui.show_verdict(summary, made, "/somewhere/gan/summary.json", shown)
        said = Path(shown["summary"].path).read_text()
        assert said.startswith(head) and "oo bad" in said
    assert "| DataGate | done | 1.3 | fits |" in said
    assert said.endswith("`/somewhere/gan/summary.json` has everything.")
