"""Standard errors, by formula or drawn: right where that is known, asked where they count."""

import dataclasses

import numpy as np
import pytest

from components.bootstrap import figure_of, named, standard_errors, uncounted
from modules import families
from modules.metrics.classifier_scores import areas, classifier_scores
from tests.datasets import described

THREE = described(classes=3)
EXAMPLES = 900
MIXED = np.resize([b"thin", b"bold"], EXAMPLES)  # their stroke classes


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.arange(EXAMPLES) % 3


@pytest.fixture(scope="module")
def probabilities(labels: np.ndarray) -> np.ndarray:
    logits = np.random.default_rng(1).normal(size=(EXAMPLES, 3)) + 1.5 * np.eye(3)[labels]
    made = np.exp(logits)
    return (made / made.sum(axis=1, keepdims=True)).astype(np.float32)


def test_the_error_of_a_mean_is_the_known_one(
    labels: np.ndarray, probabilities: np.ndarray
) -> None:
    family = families.load("transformer")(THREE)
    found = standard_errors(family, labels, {"probabilities": probabilities}, MIXED)
    losses = -np.log(probabilities[np.arange(EXAMPLES), labels])
    exact = losses.std(ddof=1) / np.sqrt(EXAMPLES)
    assert found["cross_entropy"] == pytest.approx(exact, rel=1e-5)
    assert set(found) == {"cross_entropy", "auc_macro", "auc_of_0", "auc_of_1", "auc_of_2"}
    assert all(0.0 < error < 0.05 for error in found.values())
    assert found == standard_errors(family, labels, {"probabilities": probabilities}, MIXED)


def test_more_examples_make_a_figure_surer(labels: np.ndarray, probabilities: np.ndarray) -> None:
    family = families.load("transformer")(THREE)
    few, many = (
        standard_errors(
            family, labels[:count], {"probabilities": probabilities[:count]}, MIXED[:count]
        )
        for count in (90, EXAMPLES)
    )
    assert all(many[figure] < few[figure] for figure in many)


def test_on_a_slice_only_what_a_gate_asks_there_is_measured(
    labels: np.ndarray, probabilities: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, bold = labels == 1, MIXED == b"bold"
    classifier, vae = (families.load(name)(THREE) for name in ("transformer", "vae"))
    for rows in (one, bold):  # of one class, and of one stroke class: what is counted alone
        facts = {"probabilities": probabilities[rows]}
        assert standard_errors(classifier, labels[rows], facts, MIXED[rows]) == {}
    parts = np.random.default_rng(2).uniform(80.0, 100.0, EXAMPLES).astype(np.float32)
    monkeypatch.setattr(vae, "gated_figures", lambda labels, facts: {"nelbo": facts["x"].mean()})
    exact = parts[one].std(ddof=1) / np.sqrt(one.sum())
    # By the formula where the family gives it of each Example, else by drawing.
    for each, near in (({"nelbo": parts[one]}, 1e-6), ({}, 0.3)):
        monkeypatch.setattr(vae, "each", lambda labels, facts, each=each: each)
        found = standard_errors(vae, labels[one], {"x": parts[one]}, MIXED[one])
        assert found == {"nelbo": pytest.approx(exact, rel=near)}


def test_the_whole_of_data_with_one_stroke_class_is_no_slice_of_it(
    labels: np.ndarray, probabilities: np.ndarray
) -> None:
    alike = dataclasses.replace(THREE, strokes=(0.0, 0.0))
    family = families.load("transformer")(alike)
    bold = np.full(EXAMPLES, b"bold")
    found = standard_errors(family, labels, {"probabilities": probabilities}, bold)
    assert "cross_entropy" in found


def test_a_classifiers_quick_figures_are_those_of_its_scores(
    labels: np.ndarray, probabilities: np.ndarray
) -> None:
    quick, whole = areas(labels, probabilities), classifier_scores(labels, probabilities)
    assert quick["auc"] == pytest.approx(whole["auc"])
    assert quick["auc_macro"] == pytest.approx(whole["auc_macro"])
    family = families.load("transformer")(THREE)
    figures = family.gated_figures(labels, {"probabilities": probabilities})
    assert figures["auc_of_2"] == pytest.approx(whole["auc"][2])


@pytest.mark.parametrize("name", families.names())
def test_every_figure_that_is_drawn_is_given(name: str) -> None:
    spec = families.load(name).evaluation.for_classes(THREE.names)
    measured = {*spec.figures, *(figure for _, figure in spec.standard)}
    assert set(uncounted(spec)) <= measured
    assert [figure_of(named(figure)) for figure in measured] == list(measured)
    assert not any(map(figure_of, measured))
