"""The Evaluator's own executor with our configuration: blessed, refused, compared."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics
from tfx.components import Evaluator
from tfx.components.evaluator.executor import Executor
from tfx.types import channel_utils, standard_artifacts

from components.readers import idx
from pipeline.dag import BEAM_ARGS
from pipeline.evaluation import eval_config
from pipeline.results import read_evaluation
from pipeline.verdict import read_failures, refusal
from tests import artifacts, models
from tests.test_mnist_example_gen import generate

GATES = {
    "accuracy": 0.70,
    "digit_accuracy": 0.40,
    "stroke_accuracy": 0.40,
    "cross_entropy": 2.0,
    "auc": 0.90,
    "accuracy_drop": 0.01,
}
TEST = 600


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluator")


@pytest.fixture(scope="module")
def examples(work: Path, make_dataset) -> Any:
    examples = generate(make_dataset(work / "idx", train=40, test=TEST), work / "examples")
    return examples


@pytest.fixture(scope="module")
def make_model(work: Path, mnist_dir: Path) -> Callable[..., Any]:
    pair = idx.find_dataset(mnist_dir)["train"]
    images, labels = idx.read_images(pair.images, 0, 3000), idx.read_labels(pair.labels, 0, 3000)

    def make(name: str, ident: int, **change: Any) -> Any:
        model = artifacts.make(standard_artifacts.Model, work / name, ident=ident)
        models.export_prototype_classifier(Path(model.uri), images, labels, **change)
        return model

    return make


def evaluate(
    work: Path,
    examples: Any,
    model: Any,
    baseline: Any = None,
    family: str = "transformer",
    gates: Mapping[str, float] = GATES,
) -> tuple[dict[str, list[Any]], bool]:
    """Runs the executor; returns its outputs and whether it blessed the model."""
    as_channel = channel_utils.as_channel
    component = Evaluator(
        examples=as_channel([examples]),
        example_splits=["test"],
        model=as_channel([model]),
        eval_config=eval_config(family, gates),
    )
    folder = work / f"evaluation-{model.id}"
    outputs = {
        "evaluation": [artifacts.make(standard_artifacts.ModelEvaluation, folder / "evaluation")],
        "blessing": [artifacts.make(standard_artifacts.ModelBlessing, folder / "blessing")],
    }
    inputs = {"examples": [examples], "model": [model]}
    if baseline:
        inputs["baseline_model"] = [baseline]
    context = Executor.Context(beam_pipeline_args=BEAM_ARGS, tmp_dir=str(folder / "tmp"))
    Executor(context).Do(inputs, outputs, dict(component.exec_properties))
    return outputs, bool(outputs["blessing"][0].get_int_custom_property("blessed"))


def failures_of(outputs: dict[str, list[Any]], evaluation: dict[str, Any]) -> list[Any]:
    slices = {"overall": evaluation["overall"], **evaluation["slices"]}
    counts = {name: int(values["example_count"]) for name, values in slices.items()}
    return read_failures(outputs["evaluation"][0].uri, counts)


@pytest.fixture(scope="module")
def good(work: Path, examples: Any, make_model) -> tuple[Any, dict[str, list[Any]], bool]:
    model = make_model("good", 1)
    outputs, blessed = evaluate(work, examples, model)
    return model, outputs, blessed


def test_a_good_model_is_blessed(good: tuple[Any, dict[str, list[Any]], bool]) -> None:
    _, outputs, blessed = good
    evaluation = read_evaluation(outputs, "transformer")
    assert blessed and failures_of(outputs, evaluation) == []
    names = {f"label={digit}" for digit in range(10)}
    names |= {f"stroke={stroke}" for stroke in ("thin", "regular", "bold")}
    assert set(evaluation["slices"]) == names
    assert evaluation["overall"]["example_count"] == TEST


def test_figures_are_scikit_learns_on_the_same_predictions(
    good: tuple[Any, dict[str, list[Any]], bool], work: Path
) -> None:
    model, outputs, _ = good
    evaluation = read_evaluation(outputs, "transformer")
    pair = idx.find_dataset(work / "idx")["test"]
    labels = idx.read_labels(pair.labels, 0, TEST).astype(int)
    served = tf.saved_model.load(f"{model.uri}/Format-Serving").signatures["serving_images"]
    images = tf.constant(idx.read_images(pair.images, 0, TEST))
    probabilities = served(images=images)["probabilities"].numpy().astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    chosen = probabilities.argmax(axis=1)

    overall = evaluation["overall"]
    wanted = {
        "accuracy": metrics.accuracy_score(labels, chosen),
        "cross_entropy": metrics.log_loss(labels, probabilities),
        "precision_macro": metrics.precision_score(labels, chosen, average="macro"),
        "recall_macro": metrics.recall_score(labels, chosen, average="macro"),
        "f1_macro": metrics.f1_score(labels, chosen, average="macro"),
        "precision_micro": metrics.precision_score(labels, chosen, average="micro"),
        "auc_macro": metrics.roc_auc_score(labels, probabilities, multi_class="ovr"),
    }
    assert {name: overall[name] for name in wanted} == pytest.approx(wanted, abs=2e-5)
    by_class = evaluation["by_class"]
    for digit in range(10):
        truth, scores = labels == digit, probabilities[:, digit]
        assert by_class["auc"][digit] == pytest.approx(
            metrics.roc_auc_score(truth, scores), abs=2e-5
        )
        assert by_class["auc_pr"][digit] == pytest.approx(
            metrics.average_precision_score(truth, scores), abs=2e-5
        )
        on_digit = evaluation["slices"][f"label={digit}"]
        assert on_digit["accuracy"] == pytest.approx((chosen[truth] == digit).mean(), abs=1e-6)
        assert on_digit["example_count"] == truth.sum()
    assert evaluation["confusion"] == metrics.confusion_matrix(labels, chosen).tolist()
    assert np.shape(evaluation["curves"]) == (10, 101, 4)


def test_a_model_that_never_says_eight_is_refused_and_the_reason_names_the_eight(
    work: Path, examples: Any, make_model
) -> None:
    mask = tf.constant([1.0] * 8 + [0.0] + [1.0])
    model = make_model("no-eight", 2, change=lambda p: p * mask + 1e-7)
    outputs, blessed = evaluate(work, examples, model)
    evaluation = read_evaluation(outputs, "transformer")
    failed = failures_of(outputs, evaluation)
    assert not blessed
    eight = {(f.metric, f.slice): f for f in failed}["accuracy", "label=8"]
    assert (eight.value, eight.kind, eight.bound) == (0.0, "at least", 0.40)
    assert eight.examples == evaluation["slices"]["label=8"]["example_count"]
    assert str(eight) == f"accuracy on label=8 is 0, needs 0.4 ({eight.examples} examples)"
    assert {f.slice for f in failed if f.slice.startswith("label")} == {"label=8"}


def test_a_model_worse_than_the_last_blessed_one_is_refused(
    work: Path, examples: Any, make_model, good: tuple[Any, dict[str, list[Any]], bool]
) -> None:
    # Two threes in ten are called a five: still above every absolute bound.
    swap = np.eye(10, dtype=np.float32)
    swap[3, 3], swap[3, 5] = 0.45, 0.55
    worse = make_model("worse", 3, change=lambda p: p @ tf.constant(swap))
    baseline, _, _ = good
    alone, blessed = evaluate(work, examples, worse)
    assert not blessed  # on label=3 alone
    outputs, blessed = evaluate(work, examples, worse, baseline)
    evaluation = read_evaluation(outputs, "transformer")
    assert not blessed
    [change] = [f for f in failures_of(outputs, evaluation) if f.kind == "change"]
    assert change.metric == "accuracy" and change.slice == "overall"
    assert change.value is not None and change.value < -GATES["accuracy_drop"]
    assert "from the last blessed model" in str(change)
    assert refusal([change]).exit_code == 3
    assert evaluation["confusion"][3][5] > 0
