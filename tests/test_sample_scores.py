"""Figures of facts that are made up, so that each is known."""

import numpy as np
import pytest
from scipy import stats

from modules.metrics.manifolds import NEIGHBOURS
from modules.metrics.sample_scores import FIGURES, OF_CLASS, OVERALL, sample_figures

NAMES = ("cat", "dog", "owl")
COUNT = 6


def facts(**changed: list[float]) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    found: dict[str, np.ndarray] = {"features": random.normal(size=(COUNT, 4))}
    for name in ("generated", "floor"):
        found |= {
            f"{name}_features": random.normal(size=(COUNT, 4)),
            f"{name}_class": np.array([0, 0, 0, 1, 1, 2]),
            f"{name}_balls": np.array([0.0, 2.0, 1.0, 0.0, 0.0, 3.0]),
            f"{name}_covers": np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0]),
            f"{name}_recalls": np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0]),
        }
    return found | {name: np.array(values) for name, values in changed.items()}


def test_the_figures_are_those_that_are_named() -> None:
    of_classes = {f"{figure}_of_{name}" for figure in OF_CLASS for name in NAMES}
    assert set(sample_figures(facts(), NAMES)) == {*FIGURES, *of_classes}
    assert len(set(FIGURES)) == len(FIGURES) and set(OVERALL) < set(FIGURES)


def test_classes_are_called_by_their_names() -> None:
    found = sample_figures(facts(floor_class=[2, 2, 2, 2, 1, 1]), NAMES)
    assert [found[f"share_of_{name}"] for name in NAMES] == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    assert [found[f"floor_share_of_{name}"] for name in NAMES] == pytest.approx([0, 1 / 3, 2 / 3])
    assert [found[f"precision_of_{name}"] for name in NAMES] == pytest.approx([2 / 3, 0, 1])
    assert found["entropy"] == pytest.approx(stats.entropy([3, 2, 1]))


def test_a_class_without_samples_has_a_share_of_nothing_and_no_precision() -> None:
    found = sample_figures(facts(generated_class=[0, 0, 0, 1, 1, 1]), NAMES)
    assert found["share_of_owl"] == 0.0 and np.isnan(found["precision_of_owl"])


def test_precision_density_coverage_and_recall_are_means() -> None:
    found = sample_figures(facts(floor_covers=[1, 1, 1, 1, 1, 0]), NAMES)
    assert found["precision"] == pytest.approx(3 / 6)
    assert found["density"] == pytest.approx(1.0 / NEIGHBOURS)
    assert found["coverage"] == pytest.approx(3 / 6) and found["recall"] == pytest.approx(5 / 6)
    assert found["relative_coverage"] == pytest.approx(3 / 5)


def test_nothing_is_relative_to_a_floor_of_nothing() -> None:
    found = sample_figures(facts(floor_covers=[0] * COUNT), NAMES)
    assert np.isnan(found["relative_coverage"])
