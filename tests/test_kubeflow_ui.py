"""What KFP's UI gets of an evaluation: metrics, curves and a page that needs nothing beside it."""

import base64
import json
import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pipeline.results import number
from sklearn import metrics

from kubeflow import report
from kubeflow.pod import ui
from modules.data.features import CLASSES
from modules.families import load
from modules.metrics import classifier_scores
from pipeline.node import Outcome
from pipeline.settings import FAMILIES, Settings, make_settings
from pipeline.summary import Finished
from pipeline.verdict import Failure, Verdict

with pytest.MonkeyPatch.context() as patch:
    patch.setenv("_KFP_RUNTIME", "true")  # as in a pod: kfp without its compiler
    from kfp import dsl

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
FAILURE = Failure("accuracy", "label=8", 0.5, "at least", 0.8, 120)
EVIL = "<script>alert('x')</script>"


def predict(count: int, classes: int = CLASSES) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that know something of them."""
    random = np.random.default_rng(5)
    labels = random.integers(0, classes, count)
    logits = random.normal(size=(count, CLASSES)) + 1.5 * np.eye(CLASSES)[labels]
    logits[:, classes:] = -40.0
    powers = np.exp(logits)
    return labels, powers / powers.sum(axis=1, keepdims=True)


def classify(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """An evaluation as pipeline.results reads it."""
    curves = classifier_scores.classifier_scores(labels, probabilities)["curve"]
    size = 1 + max(labels.max(), probabilities.argmax(axis=1).max())
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), labels=range(size))
    return {
        "overall": {"accuracy": 0.9, "recall": None, "example_count": float(len(labels))},
        "slices": {"label=1": {"accuracy": 0.8, "example_count": 12_345.0}},
        "by_class": {},
        "curves": [[[number(x) for x in row] for row in rows] for rows in curves],
        "confusion": matrix.tolist(),
        "notes": {},
    }


def generate(family: str) -> dict[str, Any]:
    """An evaluation of a generator, with a figure that could not be measured and one in parts."""
    overall: dict[str, Any] = dict.fromkeys(load(family).evaluation.figures, 0.5)
    overall |= {"precision": None, "latent_kl": [0.5, 0.0], "example_count": 100.0}
    slices = {"label=0": {"coverage": None, "example_count": 10.0}}
    return {"overall": overall, "slices": slices, "by_class": {}, "curves": [], "confusion": []}


def make_nodes(folder: Path) -> list[Finished]:
    """A Trainer with a history and pictures, and an Evaluator."""
    (folder / "pictures").mkdir()
    for epoch, picture in ((1, b"of an earlier epoch"), (2, PIXEL)):
        (folder / "pictures" / f"misread-epoch-{epoch:05}.png").write_bytes(picture)
    history = {"loss": [3.0, float("nan"), 1.0], "val_loss": [2.0, 1.5, 1.0], "rate": [1, 1, 1]}
    facts = {"history": history, "hyperparameters": {"stem": EVIL, "layers": 2}}
    (folder / "history.json").write_text(json.dumps(facts))
    run: Any = {"model_run": [SimpleNamespace(uri=str(folder))]}
    return [
        Finished(Outcome("Trainer", "done", 12.34), "val_loss 1.0 & more", run),
        Finished(Outcome("Evaluator", "cached", 0.1), "", {}),
    ]


def make(model: str) -> Settings:
    folder = Path("/somewhere")
    return make_settings(model=model, tuner="none", profile="smoke", data_dir=folder, output=folder)


def show(
    family: str,
    evaluation: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failures: tuple[Failure, ...] = (),
) -> dict[str, Any]:
    """Shows an evaluation; returns the artifacts as KFP would keep them."""
    monkeypatch.setattr(ui, "read_evaluation", lambda *_: evaluation)
    monkeypatch.setattr(ui, "evaluation_failures", lambda *_: list(failures))
    shown = {
        "metrics": dsl.Metrics(name="metrics", uri=str(tmp_path / "metrics")),
        "report": dsl.HTML(name="report", uri=str(tmp_path / "deep" / "report")),
    }
    if evaluation["confusion"]:
        shown["classification"] = dsl.ClassificationMetrics(name="c", uri=str(tmp_path / "c"))
    ui.show_evaluation(make_nodes(tmp_path), make(family), shown)
    for artifact in shown.values():
        json.dumps(artifact.metadata, allow_nan=False)
    return shown


def test_the_pooled_curve_is_that_of_every_image_and_class() -> None:
    labels, probabilities = predict(700)
    evaluation = classify(labels, probabilities)
    points = ui.pooled_roc(evaluation["curves"], evaluation["confusion"])
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
def test_a_classifier_is_shown_whole_also_without_some_digits(
    classes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = classify(*predict(300, classes))
    assert len(evaluation["confusion"]) == classes
    shown = show("transformer", evaluation, tmp_path, monkeypatch)
    assert shown["metrics"].metadata == {"accuracy": 0.9, "example_count": 300.0}
    held = shown["classification"].metadata
    matrix = held["confusionMatrix"]
    names = [one["displayName"] for one in matrix["annotationSpecs"]]
    assert names == [str(digit) for digit in range(CLASSES)]
    rows = [row["row"] for row in matrix["rows"]]
    assert [row[:classes] for row in rows[:classes]] == evaluation["confusion"]
    assert sum(map(sum, rows)) == 300 and {len(row) for row in rows} == {CLASSES}
    curve = held["confidenceMetrics"]
    names = ("confidenceThreshold", "falsePositiveRate", "recall")
    points = [tuple(point[name] for name in names) for point in curve]
    assert points == ui.pooled_roc(evaluation["curves"], rows)
    assert len(points) == 101 and all(0.0 <= value <= 1.0 for one in points for value in one)
    assert curve[-1] == {"confidenceThreshold": 0.0, "falsePositiveRate": 1.0, "recall": 1.0}


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "transformer"])
def test_a_generator_has_no_confusion_and_may_have_gaps(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = generate(family)
    shown = show(family, evaluation, tmp_path, monkeypatch)
    gaps = {"precision", "latent_kl"}
    assert shown["metrics"].metadata.keys() == evaluation["overall"].keys() - gaps
    page = Path(shown["report"].path).read_text()
    assert "Confusion" not in page and "<td>label=0</td>" in page
    assert "None" not in page


def test_the_report_needs_nothing_beside_it_and_says_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = classify(*predict(300))
    shown = show("transformer", evaluation, tmp_path, monkeypatch, (FAILURE,))
    page = Path(shown["report"].path).read_text(encoding="utf-8")
    assert not re.search(r"http|<script|<link|<iframe|href|@import|url\(", page)
    sources = re.findall(r"src=['\"]?([^'\" >]*)", page)
    assert sources == [f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"]
    assert "alt='misread'" in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page
    assert "<td>val_loss 1.0 &amp; more</td>" in page
    assert str(FAILURE) in page and "Blessed" not in page
    assert "<td>12,345</td>" in page and "<td>label=1</td>" in page
    assert page.count("read as ") == CLASSES
    assert "loss: 1, held out 1" in page and "rate:" not in page
    drawn = re.findall(r"points='([^']*)'", page)
    assert [len(points.split()) for points in drawn] == [2, 3] and "nan" not in page
    assert drawn[1] == "10.0,60.0 150.0,85.0 290.0,110.0"


def test_a_blessed_model_without_a_trainer_has_a_page_too() -> None:
    page = report.report_page([], make("transformer"), classify(*predict(50)), [])
    assert "Blessed: every threshold is met." in page and "Training" not in page


def test_a_history_of_one_epoch_or_of_nothing_that_can_be_drawn() -> None:
    assert "10.0,110.0" in report._curve("loss", [1.0], [1.0])
    assert "points=''" in report._curve("loss", [math.nan], [math.inf])


def test_a_node_and_the_end_of_the_run_are_markdown(tmp_path: Path) -> None:
    shown = {"summary": dsl.Markdown(name="summary", uri=str(tmp_path / "deep" / "summary"))}
    outputs: Any = {"b": [SimpleNamespace(uri="/b/1")], "a": [SimpleNamespace(uri="/a/1")]}
    ui.show_node(Outcome("Trainer", "cached", 1.0), "val_loss 1.0", outputs, shown)
    table = "| output | where |\n|---|---|\n| a | `/a/1` |\n| b | `/b/1` |"
    said = Path(shown["summary"].path).read_text()
    assert said == f"# Trainer: cached\n\nval_loss 1.0\n\n{table}"
    ui.show_node(Outcome("DataGate", "done", 1.0), "fits", {}, shown)
    assert Path(shown["summary"].path).read_text() == "# DataGate: done\n\nfits\n"
    node = Finished(Outcome("DataGate", "done", 1.26), "fits", {})
    ui.show_verdict(Verdict("refused", "too bad"), [node], make("gan"), shown)
    said = Path(shown["summary"].path).read_text()
    assert said.startswith("# refused\n\ntoo bad\n")
    assert "| DataGate | done | 1.3 | fits |" in said
    assert said.endswith("`/somewhere/gan/summary.json` has everything.")
