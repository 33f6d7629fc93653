"""Our TFMA metric through Beam's combiner, for families of both kinds of predictions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from sklearn import metrics
from tensorflow_model_analysis.metrics import metric_types

from components import kept
from components.bootstrap import figure_of
from components.slice_figures import SliceFigures, _Combiner
from modules import families
from modules.contract.evaluation import Gate
from modules.contract.family import Family
from modules.data.dataset import to_plain
from modules.metrics.classifier_scores import AVERAGES, BY_CLASS, classifier_scores
from tests.datasets import MNIST

CLASSES = 10
EXAMPLES = 3000
FEATURES = [
    {"index": np.array([place]), "stroke": np.array([stroke])}
    for place, stroke in enumerate([b"thin", b"bold"])
]


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.random.default_rng(3).integers(0, CLASSES, EXAMPLES)


@pytest.fixture(scope="module")
def probabilities(labels: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(4)
    logits = random.normal(size=(EXAMPLES, CLASSES)) + 2.0 * np.eye(CLASSES)[labels]
    made = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return made.astype(np.float32)


@pytest.fixture(scope="module")
def facts() -> dict[str, np.ndarray]:
    """What a GAN's evaluation could say of EXAMPLES images."""
    random = np.random.default_rng(5)
    made: dict[str, np.ndarray] = {"features": random.normal(size=(EXAMPLES, 6))}
    for name, most in (("generated", CLASSES - 1), ("floor", CLASSES)):  # no nine is generated
        made |= {
            f"{name}_features": random.normal(0.2, 1.1, (EXAMPLES, 6)),
            f"{name}_class": random.integers(0, most, EXAMPLES).astype(np.int32),
            f"{name}_balls": random.poisson(4.0, EXAMPLES).astype(np.float32),
            f"{name}_covers": random.integers(0, 2, EXAMPLES).astype(np.float32),
            f"{name}_recalls": random.integers(0, 2, EXAMPLES).astype(np.float32),
        }
    return made | {
        "real_is_real": random.uniform(0.2, 1.0, EXAMPLES).astype(np.float32),
        "generated_is_real": random.uniform(0.0, 0.8, EXAMPLES).astype(np.float32),
    }


def bound(family: str) -> Family:
    return families.load(family)(MNIST)


def figures_of(family: str) -> tuple[str, ...]:
    return families.load(family).evaluation.for_classes(MNIST.names).figures


def gates_of(family: str) -> tuple[Gate, ...]:
    return families.load(family).evaluation.for_classes(MNIST.names).gates


def of_figures(found: dict[str, Any]) -> dict[str, Any]:
    """Without standard errors."""
    return {name: value for name, value in found.items() if not figure_of(name)}


def combined(
    family: str,
    labels: np.ndarray,
    predictions: list[Any],
    parts: list[slice],
) -> dict[metric_types.MetricKey, Any]:
    """What the combiner makes of the examples when each part has an accumulator of its own."""
    combiner = _Combiner(bound(family), "", "")
    accumulators = []
    for part in parts:
        accumulator = combiner.create_accumulator()
        for place, (label, said) in enumerate(zip(labels[part], predictions[part], strict=True)):
            inputs = metric_types.StandardMetricInputs()
            inputs["labels"] = np.array([label])
            inputs["predictions"] = said
            inputs["features"] = FEATURES[place % 2]
            accumulator = combiner.add_input(accumulator, inputs)
        accumulators.append(combiner.compact(accumulator))
    return combiner.extract_output(combiner.merge_accumulators(accumulators))


def examples_of(facts: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    return [{name: values[i] for name, values in facts.items()} for i in range(EXAMPLES)]


# More than one batch that waits in lists, a part without an example, and one with a single one.
PARTS = [slice(0, 1300), slice(1300, 1300), slice(1300, 1301), slice(1301, EXAMPLES)]


@pytest.mark.parametrize("parts", [PARTS, [slice(0, EXAMPLES)]], ids=["in parts", "at once"])
def test_a_classifiers_figures_are_those_of_all_its_predictions(
    labels: np.ndarray, probabilities: np.ndarray, parts: list[slice]
) -> None:
    output = combined("transformer", labels, list(probabilities), parts)
    expected = classifier_scores(labels, probabilities)
    whole = of_figures({key.name: v for key, v in output.items() if key.sub_key is None})
    for name in ("precision", "auc"):
        expected |= {f"{name}_of_{digit}": expected[name][digit] for digit in range(CLASSES)}
    assert whole == pytest.approx({name: expected[name] for name in figures_of("transformer")})
    assert set(AVERAGES) < set(whole)
    by_class = {(k.name, k.sub_key.class_id): v for k, v in output.items() if k.sub_key}
    assert set(by_class) == {(name, digit) for name in BY_CLASS for digit in range(CLASSES)}
    for (name, digit), value in by_class.items():
        np.testing.assert_allclose(value, expected[name][digit])


@pytest.mark.parametrize("parts", [PARTS, [slice(0, EXAMPLES)]], ids=["in parts", "at once"])
def test_a_gans_figures_are_those_of_all_its_facts(
    labels: np.ndarray, facts: dict[str, np.ndarray], parts: list[slice]
) -> None:
    output = combined("gan", labels, examples_of(facts), parts)
    found = of_figures({key.name: value for key, value in output.items()})
    assert set(found) == set(figures_of("gan"))
    assert found == pytest.approx(bound("gan").figures(labels, facts), nan_ok=True)
    assert np.isnan(found["precision_of_9"]) and found["share_of_9"] == 0.0
    assert found["coverage"] == pytest.approx(facts["generated_covers"].mean())


@pytest.mark.parametrize("bound_of", [0.0, 0.6], ids=["as it is", "never sure"])
def test_a_discriminators_figures_are_scikit_learns(
    labels: np.ndarray, facts: dict[str, np.ndarray], bound_of: float
) -> None:
    real = np.maximum(facts["real_is_real"] - bound_of, 0.0)
    made = np.maximum(facts["generated_is_real"] - bound_of, 0.0)  # many are equal, at 0
    both = {**facts, "real_is_real": real, "generated_is_real": made}
    found = bound("gan").figures(labels, both)
    truth, said = np.repeat([1, 0], EXAMPLES), np.concatenate([real, made])
    wanted = {
        "discriminator_precision": metrics.precision_score(truth, said > 0.5, zero_division=np.nan),
        "discriminator_recall": metrics.recall_score(truth, said > 0.5),
        "discriminator_auc": metrics.roc_auc_score(truth, said),
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, nan_ok=True)
    assert np.isnan(found["discriminator_precision"]) == (bound_of > 0.0)


@pytest.mark.parametrize("case", ["soft", "ties", "no eight is answered", "no seven is there"])
def test_the_confusion_matrix_is_scikit_learns(
    labels: np.ndarray, probabilities: np.ndarray, case: str
) -> None:
    labels, said = labels[:400], probabilities[:400]
    if case == "ties":
        said = np.round(4.0 * said) / 4.0 + np.float32(1e-3)
    elif case == "no eight is answered":
        said = said * (np.arange(CLASSES) != 8)
    elif case == "no seven is there":
        labels, said = labels[labels != 7], said[labels != 7]
    [(kind, _)] = [p for p in families.load("transformer").evaluation.standard if "Plot" in p[0]]
    counting = getattr(tfma.metrics, kind)().computations()[0].combiner
    counted = counting.create_accumulator()
    for label, row in zip(labels, said, strict=True):
        inputs = metric_types.StandardMetricInputs(
            {"labels": np.array([label]), "predictions": row, "example_weights": np.array([1.0])}
        )
        counted = counting.add_input(counted, inputs)
    [matrix] = counted.values()
    found = np.zeros((CLASSES, CLASSES))
    for entry, count in matrix.items():
        found[entry.actual_class_id, entry.predicted_class_id] = count
    wanted = metrics.confusion_matrix(labels, said.argmax(axis=1), labels=range(CLASSES))
    np.testing.assert_array_equal(found, wanted)


def test_a_slice_without_examples_has_no_figures() -> None:
    combiner = _Combiner(bound("gan"), "", "")
    empty = combiner.merge_accumulators([combiner.create_accumulator()])
    assert combiner.extract_output(empty) == {}


def test_the_accumulators_that_are_merged_stay_as_they_were(
    labels: np.ndarray, probabilities: np.ndarray
) -> None:
    combiner = _Combiner(bound("transformer"), "", "")
    first = combiner.create_accumulator()
    inputs = metric_types.StandardMetricInputs()
    inputs["labels"], inputs["predictions"] = labels[:1], probabilities[0]
    inputs["features"] = FEATURES[0]
    combiner.add_input(first, inputs)
    merged = combiner.merge_accumulators([first, first])
    assert len(merged.whole()[0]) == 2 and len(first.whole()[0]) == 1
    assert merged.whole()[1]["probabilities"].shape == (2, CLASSES)


@pytest.mark.parametrize("family", families.names())
def test_the_metric_announces_what_its_family_measures(family: str) -> None:
    evaluation = families.load(family).evaluation
    metric = SliceFigures(family, to_plain(MNIST))
    of_model, of_baseline = metric.computations(model_names=["", "baseline"], output_names=[""])
    keys = [(key.name, key.sub_key and key.sub_key.class_id) for key in of_model.keys]
    per_digit = [(name, digit) for name in evaluation.by_class for digit in range(CLASSES)]
    errors = [(name, None) for name, _ in keys if figure_of(name)]
    assert keys == [(name, None) for name in figures_of(family)] + errors + per_digit
    assert {figure_of(name) for name, _ in errors} <= {gate.figure for gate in gates_of(family)}
    assert {key.model_name for key in of_model.keys} == {""}
    assert {key.model_name for key in of_baseline.keys} == {"baseline"}


def test_standard_errors_are_there_where_a_gate_is_on_what_is_not_counted(
    labels: np.ndarray, probabilities: np.ndarray
) -> None:
    asked = combined("transformer", labels, list(probabilities), [slice(0, 900)])
    errors = {key.name: v for key, v in asked.items() if key.name.startswith("standard_error_of")}
    named = {"cross_entropy", "auc_macro", *(f"auc_of_{digit}" for digit in range(CLASSES))}
    assert set(errors) == {f"standard_error_of_{figure}" for figure in named}
    assert all(0.0 < error < 0.1 for error in errors.values())


def test_the_metric_announces_standard_errors_of_the_candidate_alone() -> None:
    metric = SliceFigures("vae", to_plain(MNIST))
    of_model, of_baseline = metric.computations(
        model_names=["candidate", "baseline"], output_names=[""]
    )
    more = {key.name for key in of_model.keys} - {key.name for key in of_baseline.keys}
    assert more == {f"standard_error_of_{name}" for name in ("nelbo", "kl", "mse", "ink_auc")}


def test_examples_whose_facts_are_no_numbers_are_counted_and_left_out(
    facts: dict[str, np.ndarray], labels: np.ndarray
) -> None:
    family = bound("gan")
    bad = {**facts, "real_is_real": facts["real_is_real"].copy(), "features": facts["features"] + 0}
    bad["real_is_real"][:3] = np.nan
    bad["features"][2:5, 1] = -np.inf
    found = values(family, labels, bad)
    assert found.pop("not_finite") == 5
    wanted = values(family, labels[5:], {name: fact[5:] for name, fact in facts.items()})
    assert "not_finite" not in wanted
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    bad["real_is_real"][:] = np.inf
    found = values(family, labels, bad)
    assert found.pop("not_finite") == EXAMPLES and set(found) == set(wanted)
    assert all(np.isnan(value) for value in found.values())


def test_a_fact_may_be_measured_for_some_examples_only(
    facts: dict[str, np.ndarray], labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = bound("gan")
    spec = family.evaluation._replace(unmeasured=("bound",))
    monkeypatch.setattr(family, "evaluation", spec)
    some = np.where(np.arange(EXAMPLES) % 10, np.nan, 1.0)
    assert "not_finite" not in values(family, labels, {**facts, "bound": some})
    some[3] = np.inf  # which has been measured
    assert values(family, labels, {**facts, "bound": some})["not_finite"] == 1
    assert families.load("vae").evaluation.unmeasured == ("importance_weighted",)


def values(family: Family, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What the combiner makes of facts, by the figure's name."""
    combiner = _Combiner(family, "", "")
    gathered = combiner.create_accumulator()
    features = {
        "index": np.arange(len(labels)),
        "stroke": np.resize([b"thin", b"bold"], len(labels)),
    }
    gathered.add(labels, {**facts, **kept.gathered(features)})
    return {key.name: value for key, value in combiner.extract_output(gathered).items()}
