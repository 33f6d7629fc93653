"""The Evaluator's own executor with our configuration: blessed, refused, compared."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics
from tensorflow_model_analysis.proto import validation_result_pb2
from tfx.dsl.compiler import compiler
from tfx.orchestration.local import runner_utils
from tfx.types import standard_artifacts

from components import evaluator, tfma_results
from components.gates import Failure, describe, read_record
from components.readers import idx
from components.results import page
from components.results.headlines import evaluation as evaluation_headline
from components.results.predictions import read_predictions
from components.results.report import Report
from components.results.summary import Summary, Verdict
from modules import families
from modules.data.dataset import to_plain
from modules.metrics.classifier_scores import AVERAGES, ERRORS
from pipeline import nodes
from pipeline.dag import BEAM_ARGS, create_pipeline
from pipeline.gates_file import choose, read_gates
from pipeline.settings import make_settings
from tests import artifacts, models
from tests.conftest import JUDGED
from tests.datasets import MNIST
from tests.judging import CLASSIFIER, Judged, judge


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluator")


@pytest.fixture(scope="module")
def make_model(work: Path, mnist_dir: Path) -> Callable[..., Any]:
    pair = idx.find_dataset(mnist_dir)["train"]
    images, labels = idx.read_images(pair.images, 0, 3000), idx.read_labels(pair.labels, 0, 3000)

    def make(name: str, ident: int, **change: Any) -> Any:
        model = artifacts.make(standard_artifacts.Model, work / name, ident=ident)
        models.export_prototype_classifier(Path(model.uri), images, labels, **change)
        return model

    return make


@pytest.fixture(scope="module")
def good(work: Path, judged_examples: Any, make_model) -> tuple[Any, Judged]:
    """A model and what was found, at a time when its family had a note."""
    model = make_model("good", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(families.load("transformer"), "notes", lambda _: {"judge": "as it was"})
        return model, judge(work, judged_examples, model, CLASSIFIER)


def test_a_good_model_is_blessed(good: tuple[Any, Judged]) -> None:
    _, judged = good
    assert judged.blessed and judged.record.passed and judged.record.failures == ()
    names = {f"label={digit}" for digit in range(10)}
    names |= {f"stroke={stroke}" for stroke in ("thin", "regular", "bold")}
    assert set(judged.evaluation.slices) == names
    assert judged.evaluation.overall["example_count"] == JUDGED
    assert sum(judged.evaluation.examples[f"label={digit}"] for digit in range(10)) == JUDGED


def test_what_a_reader_needs_is_stored_with_the_evaluation(good: tuple[Any, Judged]) -> None:
    _, judged = good
    assert judged.evaluation.notes == {"judge": "as it was"}
    assert judged.evaluation.headline == ["accuracy"]
    by_class = {f"{figure}_of_{digit}" for figure in ("precision", "auc") for digit in range(10)}
    gated = set(judged.evaluation.gated)
    assert gated == {"accuracy", "cross_entropy", "auc_macro", *by_class}
    assert not any(name.startswith("standard_error") for name in judged.evaluation.overall)
    bounds = judged.evaluation.thresholds
    asked = families.load("transformer").evaluation.for_classes(MNIST.names).gates
    assert len(bounds) == len(asked) - 2 + 10 + 3  # one for each class and each stroke class
    assert all(one.passed and (one.margin or 0.0) >= 0.0 for one in bounds)
    assert all(one.low is not None and one.low <= (one.value or 0.0) for one in bounds)
    areas = [one for one in bounds if one.metric.startswith(("auc", "cross"))]
    assert all(one.high and 0.0 < one.high - (one.low or 0.0) < 0.5 for one in areas)
    assert judged.evaluation.paired == () and judged.evaluation.baseline == ""


def test_figures_are_scikit_learns_on_the_same_predictions(
    good: tuple[Any, Judged], judged_examples: Any
) -> None:
    model, judged = good
    evaluation = judged.evaluation
    [file] = Path(judged_examples.uri, "Split-test").iterdir()
    records = list(tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator())
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    labels = np.array([feature["label"].int64_list.value[0] for feature in features])
    served = tf.saved_model.load(f"{model.uri}/Format-Serving").signatures["serving_default"]
    said = served(examples=tf.constant(records))["probabilities"]
    probabilities = said.numpy().astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    chosen = probabilities.argmax(axis=1)

    overall = evaluation.overall
    wanted = {
        "accuracy": metrics.accuracy_score(labels, chosen),
        "cross_entropy": metrics.log_loss(labels, probabilities),
        "precision_macro": metrics.precision_score(labels, chosen, average="macro"),
        "recall_macro": metrics.recall_score(labels, chosen, average="macro"),
        "f1_macro": metrics.f1_score(labels, chosen, average="macro"),
        "precision_micro": metrics.precision_score(labels, chosen, average="micro"),
        "auc_macro": metrics.roc_auc_score(labels, probabilities, multi_class="ovr"),
        "brier": 10 * metrics.mean_squared_error(np.eye(10)[labels], probabilities),
        "mae": metrics.mean_absolute_error(np.eye(10)[labels], probabilities),
    }
    assert {name: overall[name] for name in wanted} == pytest.approx(wanted, abs=2e-5)
    by_class = evaluation.by_class
    for digit in range(10):
        truth, scores = labels == digit, probabilities[:, digit]
        assert by_class["auc"][digit] == pytest.approx(
            metrics.roc_auc_score(truth, scores), abs=2e-5
        )
        assert by_class["auc_pr"][digit] == pytest.approx(
            metrics.average_precision_score(truth, scores), abs=2e-5
        )
        on_digit = evaluation.slices[f"label={digit}"]
        assert on_digit["accuracy"] == pytest.approx((chosen[truth] == digit).mean(), abs=1e-6)
        assert on_digit["example_count"] == truth.sum()
        errors = probabilities[truth] - np.eye(10)[digit]
        assert on_digit["brier"] == pytest.approx(np.square(errors).sum(axis=1).mean(), abs=2e-5)
        assert on_digit["mae"] == pytest.approx(np.abs(errors).mean(), abs=2e-5)
        assert set(on_digit) == {"accuracy", "cross_entropy", *ERRORS, "example_count"}  # of one
    assert set(evaluation.slices["stroke=thin"]) == set(on_digit) | set(AVERAGES)
    assert evaluation.confusion == metrics.confusion_matrix(labels, chosen).tolist()
    assert np.shape(evaluation.curves) == (10, 101, 4)
    kept = read_predictions(judged.outputs)
    index = [feature["index"].int64_list.value[0] for feature in features]
    assert kept.index.tolist() == sorted(index)
    order = np.argsort(index)
    np.testing.assert_array_equal(kept.labels, labels[order])
    np.testing.assert_allclose(kept.probabilities, said.numpy()[order], atol=1e-6)
    for name, values in kept.each.items():
        assert values.mean(dtype=float) == pytest.approx(overall[name], abs=2e-6)
    strokes = [feature["stroke"].bytes_list.value[0].decode() for feature in features]
    np.testing.assert_array_equal(kept.strokes, np.array(strokes)[order])


def test_a_model_that_never_says_eight_is_refused_and_the_reason_names_the_eight(
    work: Path, judged_examples: Any, make_model
) -> None:
    mask = tf.constant([1.0] * 8 + [0.0] + [1.0])
    model = make_model("no-eight", 2, change=lambda p: p * mask + 1e-7)
    judged = judge(work, judged_examples, model, CLASSIFIER)
    failed = judged.record.failures
    assert not judged.blessed and not judged.record.passed
    assert not np.array(judged.evaluation.confusion)[:, 8].any()
    eight = {(f.metric, f.slice): f for f in failed}["accuracy", "label=8"]
    count = judged.evaluation.examples["label=8"]
    assert eight == Failure("Evaluator", "accuracy", "label=8", 0.0, "at least", 0.40, count)
    assert str(eight) == f"accuracy on label=8 is 0, needs 0.4 ({count} examples)"
    assert {f.slice for f in failed if f.slice.startswith("label")} == {"label=8"}
    # What is never said has no precision, and what is not a number meets no bound.
    [precision] = [f for f in failed if f.metric.startswith("precision")]
    assert (precision.metric, precision.value) == ("precision_of_8", None)
    assert str(precision).startswith("precision_of_8 could not be measured")


def test_a_model_that_says_eight_too_often_is_refused_and_the_reason_names_the_eight(
    work: Path, judged_examples: Any, make_model
) -> None:
    often = tf.constant([1.0] * 8 + [40.0] + [1.0])
    model = make_model("often-eight", 5, change=lambda p: p * often)
    gates = {**CLASSIFIER, "accuracy": 0.5, "class_accuracy": 0.1}
    judged = judge(work, judged_examples, model, gates)
    confusion = np.array(judged.evaluation.confusion)
    assert confusion[:, 8].sum() - confusion[8, 8] >= 100  # others are read as an eight
    [failed] = judged.record.failures  # every eight is found: nothing else is wrong with it
    assert not judged.blessed and failed.metric == "precision_of_8"
    assert str(failed).startswith("precision_of_8 is 0.") and "needs 0.45" in str(failed)


@pytest.mark.parametrize(
    ("name", "ident", "change", "compared"),
    [
        pytest.param("fair", 6, lambda p: p, False, marks=pytest.mark.slow),
        ("exact", 7, lambda p: tf.round(p), True),  # of few different probabilities
    ],
    ids=["fair", "exact, and compared"],
)
def test_without_gates_nothing_is_blessed_and_what_is_proposed_lets_the_same_model_pass(
    name: str,
    ident: int,
    change: models.Change,
    compared: bool,
    work: Path,
    judged_examples: Any,
    make_model,
    good: tuple[Any, Judged],
) -> None:
    model = make_model(name, ident, change=change)
    some, of = {"accuracy": 0.1, "accuracy_drop": 0.01}, good[0] if compared else None
    judged = judge(work, judged_examples, model, some, baseline=of, table="transformer.smoke")
    assert not judged.blessed and not judged.record.passed
    assert os.listdir(judged.outputs["blessing"][0].uri) == ["NOT_BLESSED"]
    [failure] = judged.record.failures
    assert str(failure).startswith("no gates for this dataset")
    assert judged.evaluation.overall["accuracy"] > 0.7
    assert not any(name.startswith("standard") for name in judged.evaluation.overall)
    file = Path(judged.outputs["evaluation"][0].uri, "gates.toml")
    proposed = choose(read_gates(str(file)), "transformer", "smoke").values
    gates = {name.removeprefix("gates."): bound for name, bound in proposed.items()}
    assert set(gates) == set(families.load("transformer").evaluation.gate_names)
    for bound, figure in (("accuracy", "accuracy"), ("auc", "auc_macro")):
        assert 0.5 < gates[bound] < judged.evaluation.overall[figure]
    assert gates["cross_entropy"] > judged.evaluation.overall["cross_entropy"]
    assert judge(work, judged_examples, model, gates).blessed


def test_a_slice_with_too_few_examples_refuses_a_model_that_meets_every_bound(
    work: Path,
    judged_examples: Any,
    make_model,
    good: tuple[Any, Judged],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, judged = good
    least = min(judged.evaluation.examples.values()) + 1
    monkeypatch.setattr(tfma_results, "TESTED", least)
    again = judge(work, judged_examples, model, {**CLASSIFIER, "accuracy": 0.71})
    assert not again.blessed and not again.record.passed
    [failure] = again.record.failures
    rarest = min(judged.evaluation.examples, key=judged.evaluation.examples.__getitem__)
    assert (failure.slice, failure.examples) == (rarest, least - 1)
    assert str(failure).startswith(f"example_count on {rarest} is {least - 1}, needs {least}")
    assert os.listdir(again.outputs["blessing"][0].uri) == ["NOT_BLESSED"]


@pytest.mark.parametrize(
    ("ident", "number", "table", "when"),
    [
        pytest.param(8, "nan", "", lambda p: p[:, 8:9] > 0.5, marks=pytest.mark.slow),
        (9, "inf", "transformer.smoke", lambda p: p[:, 1:2] > 0.9),
    ],
    ids=["some NaN", "some infinite, and without gates"],
)
def test_a_model_that_does_not_always_answer_with_numbers_is_refused(
    ident: int,
    number: str,
    table: str,
    when: models.Change,
    work: Path,
    judged_examples: Any,
    make_model,
) -> None:
    change = lambda p: tf.where(when(p), float(number), p)  # noqa: E731
    model = make_model(number, ident, change=change)
    gates = {"accuracy": 0.1} if table else CLASSIFIER
    judged = judge(work, judged_examples, model, gates, table=table)
    assert not judged.blessed and not judged.record.passed
    assert os.listdir(judged.outputs["blessing"][0].uri) == ["NOT_BLESSED"]
    first, *others = judged.record.failures
    assert (first.metric, first.slice, first.examples) == ("serving_default", "overall", JUDGED)
    said = re.fullmatch(
        r"serving_default answers (\d+) of 600 examples with NaN or infinity", str(first)
    )
    assert said and 10 < int(said[1]) < 200
    assert judged.evaluation.overall["not_finite"] == int(said[1])
    assert "no gates" not in {failure.metric for failure in others}
    assert not Path(judged.outputs["evaluation"][0].uri, "gates.toml").exists()
    assert judged.evaluation.overall["auc_macro"] > 0.7  # of the examples that it answers


def test_a_model_that_never_answers_with_numbers_is_refused_and_its_evaluation_can_be_read(
    work: Path, judged_examples: Any, make_model, good: tuple[Any, Judged]
) -> None:
    model = make_model("nothing", 20, change=lambda p: p * float("nan"))
    baseline, _ = good
    judged = judge(work, judged_examples, model, CLASSIFIER, baseline=baseline)
    assert not judged.blessed
    words = "serving_default answers 600 of 600 examples with NaN or infinity"
    assert describe(judged.record.failures).startswith(words)
    assert judged.evaluation.overall["auc_macro"] is None
    failures = judged.record.failures
    verdict = Verdict("refused", 3, describe(failures), failures)
    assert words in page.render(Report(Summary(verdict, evaluation=judged.evaluation)))
    assert ", not blessed; nothing is compared" in evaluation_headline(judged.outputs)


def test_a_model_worse_than_the_last_blessed_one_is_refused(
    work: Path, judged_examples: Any, make_model, good: tuple[Any, Judged]
) -> None:
    # Two threes in ten are called a five: still above every absolute bound.
    swap = np.eye(10, dtype=np.float32)
    swap[3, 3], swap[3, 5] = 0.45, 0.55
    worse = make_model("worse", 3, change=lambda p: p @ tf.constant(swap))
    baseline, _ = good
    judged = judge(work, judged_examples, worse, CLASSIFIER, baseline=baseline)
    assert not judged.blessed
    [change] = [f for f in judged.record.failures if f.kind == "change"]
    assert {f.slice for f in judged.record.failures} == {"label=3", "overall"}  # that one alone
    assert change.metric == "accuracy" and change.slice == "overall"
    assert change.value is not None and change.value < -CLASSIFIER["accuracy_drop"]
    assert "from the last blessed model" in str(change) and "(95 % interval -" in str(change)
    found = judged.evaluation
    paired = {one.slice: one for one in found.paired if one.metric == "accuracy"}
    assert list(paired) == ["overall", *found.slices]
    assert paired["overall"].change == pytest.approx(found.overall["accuracy_diff"], abs=1e-6)
    assert (paired["overall"].verdict, paired["label=8"].verdict) == (
        "worse",
        "not more than noise",
    )
    assert (paired["label=3"].lost or 0) > 0 and paired["label=3"].won == 0
    assert found.baseline.endswith("/good")
    refused = [one for one in found.thresholds if not one.passed]
    assert {(one.metric, one.slice, one.kind) for one in refused} == {
        (f.metric, f.slice, f.kind) for f in judged.record.failures
    }
    [whole] = [one for one in found.thresholds if one.name == "accuracy"]
    assert whole.baseline == pytest.approx(paired["overall"].baseline, abs=2e-6)
    assert judged.evaluation.confusion[3][5] > 0


def test_a_model_that_is_worse_by_noise_alone_is_blessed(
    work: Path, judged_examples: Any, make_model, good: tuple[Any, Judged]
) -> None:
    tilt = tf.constant(np.linspace(1.0, 1.1, 10, dtype=np.float32))
    other = make_model("tilted", 21, change=lambda p: p * tilt)
    baseline, _ = good
    gates = {**CLASSIFIER, "accuracy_drop": 0.0}
    judged = judge(work, judged_examples, other, gates, baseline=baseline)
    [change] = [one for one in judged.evaluation.thresholds if one.kind == "change"]
    assert change.margin is not None and change.margin < 0.0  # worse than what is allowed
    assert change.passed and change.words == "not more than noise"
    assert judged.blessed and judged.record.passed


def test_a_blessing_that_does_not_fit_the_thresholds_is_a_failure(
    good: tuple[Any, Judged], monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = Failure("Evaluator", "accuracy", "overall", 0.1, "at least", 0.9, JUDGED)
    monkeypatch.setattr(evaluator.tfma_results, "read_failures", lambda *_: [failure])
    monkeypatch.setattr(evaluator.tfx_evaluator.Executor, "Do", lambda *_: None)
    _, judged = good
    with pytest.raises(RuntimeError, match="is blessed although accuracy is 0.1, needs 0.9"):
        properties = {"family": "transformer", "dataset": json.dumps(to_plain(MNIST))}
        evaluator.Executor().Do({}, judged.outputs, properties | {"proposes": ""})
    assert judged.record == read_record(judged.outputs["evaluation"][0].uri)


def test_a_slice_that_nobody_saw_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    result = validation_result_pb2.ValidationResult(validation_ok=False)
    result.missing_slices.add(feature_keys=["label"])
    result.missing_slices.add(feature_values={"stroke": "thin"})
    monkeypatch.setattr(tfma_results.tfma, "load_validation_result", lambda _: result)
    failed = tfma_results.read_failures("anywhere", SimpleNamespace(classes=[], examples={}))
    assert [str(failure) for failure in failed] == [
        "example_count on label is 0, needs 1 (0 examples)",
        "example_count on stroke=thin is 0, needs 1 (0 examples)",
    ]


def test_in_the_pipeline_it_is_the_evaluator_with_beams_arguments_and_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compiled(**gates: float) -> tuple[Any, Any]:
        settings = make_settings(
            model="vae",
            tuner="none",
            profile="smoke",
            data_dir=tmp_path,
            output=tmp_path,
            gates=gates,
            dataset=MNIST,
        )
        ir = compiler.Compiler().compile(create_pipeline(settings))
        [node] = [n.pipeline_node for n in ir.nodes if n.pipeline_node.node_info.id == "Evaluator"]
        deployment = runner_utils.extract_local_deployment_config(ir)
        given = {name: v.field_value for name, v in node.parameters.parameters.items()}
        return given, runner_utils.extract_executor_spec(deployment, "Evaluator")

    given, executor = compiled()
    assert executor.python_executor_spec.class_path == "components.evaluator.Executor"
    assert tuple(executor.beam_pipeline_args) == BEAM_ARGS
    assert given["family"].string_value == "vae"
    assert given["proposes"].string_value == "vae.smoke"
    brought, _ = compiled(**dict.fromkeys(families.load("vae").evaluation.demanded, 0.5))
    assert brought["proposes"].string_value == ""
    assert json.loads(brought["gates"].string_value)["nelbo_rise"] == 1.0
    assert json.loads(given["example_splits"].string_value) == ["test"]
    monkeypatch.setattr(nodes, "source_hash", lambda *names: " ".join(names))
    again, _ = compiled()
    assert "components.evaluator" in again["source"].string_value
    assert "components.slice_figures" in again["source"].string_value
    assert "modules.families.vae" in again["source"].string_value
