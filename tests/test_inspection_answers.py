"""Calibration, mistakes and suspected labels, against computations of another kind."""

import numpy as np
import pytest

from components.inspection.answers import SHOWN, look
from components.inspection.calibration import BINS, bins_of, calibration_error
from components.inspection.labels import suspected
from components.results.predictions import Predictions

NAMES = ("zero", "one", "two", "three")


def made_up(count: int = 400, classes: int = 4, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that are mostly right."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, count)
    logits = draw.normal(0.0, 1.5, (count, classes))
    logits[np.arange(count), labels] += 2.0
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, chances.astype(np.float32)


def predictions(labels: np.ndarray, chances: np.ndarray, first: int = 0) -> Predictions:
    index = np.arange(first, first + len(labels))
    return Predictions("made-up", index, labels, {}, chances)


def error_one_by_one(sure: np.ndarray, right: np.ndarray) -> float:
    """The expected calibration error by its definition, in plain Python."""
    total = 0.0
    for low in (one / BINS for one in range(BINS)):
        inside = [
            (float(s), bool(r))
            for s, r in zip(sure, right, strict=True)
            if low <= s < low + 1.0 / BINS or (low == (BINS - 1) / BINS and s == 1.0)
        ]
        if inside:
            mean = sum(s for s, _ in inside) / len(inside)
            hits = sum(r for _, r in inside) / len(inside)
            total += len(inside) / len(sure) * abs(mean - hits)
    return total


def test_the_calibration_error_is_that_of_its_definition() -> None:
    labels, chances = made_up()
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    bins = bins_of(sure, right)
    assert sum(one.count for one in bins) == len(labels)
    assert calibration_error(bins) == pytest.approx(error_one_by_one(sure, right), abs=1e-5)
    assert 0.0 < calibration_error(bins) < 0.5


def test_bins_reach_from_0_to_1_and_empty_ones_say_nothing() -> None:
    bins = bins_of(np.array([1.0, 0.95, 0.55]), np.array([True, False, True]))
    assert (bins[0].low, bins[-1].high, len(bins)) == (0.0, 1.0, BINS)
    assert (bins[-1].count, bins[-1].sure, bins[-1].right) == (2, 0.975, 0.5)
    assert (bins[0].count, bins[0].sure, bins[0].right) == (0, None, None)
    assert calibration_error(bins_of(np.zeros(0), np.zeros(0, bool))) == 0.0


def suspected_one_by_one(labels: np.ndarray, chances: np.ndarray) -> set[int]:
    """Northcutt et al. 2021, equation 1, in plain Python."""
    classes = range(chances.shape[1])
    thresholds = {}
    for one in classes:
        own = [float(row[one]) for row, label in zip(chances, labels, strict=True) if label == one]
        if own:
            thresholds[one] = sum(own) / len(own)
    found = set()
    for place, (row, label) in enumerate(zip(chances, labels, strict=True)):
        able = [one for one in thresholds if row[one] >= thresholds[one]]
        if able and max(able, key=lambda one: row[one]) != label:
            found.add(place)
    return found


def test_suspected_labels_are_those_off_the_confident_joints_diagonal() -> None:
    labels, chances = made_up()
    found = suspected(labels, chances)
    assert set(found.tolist()) == suspected_one_by_one(labels, chances) and len(found) > 5
    margins = [
        chances[place, labels[place]] - np.delete(chances[place], labels[place]).max()
        for place in found
    ]
    assert margins == sorted(margins)


def test_a_label_that_was_changed_is_suspected_first() -> None:
    labels, chances = made_up()
    surest = int(chances[np.arange(len(labels)), labels].argmax())
    changed = labels.copy()
    changed[surest] = (labels[surest] + 1) % len(NAMES)
    assert surest not in suspected(labels, chances)
    assert suspected(changed, chances)[0] == surest


def test_a_class_that_no_label_names_is_never_suspected() -> None:
    alone = 0.25 * np.eye(3, 4, dtype=np.float32)
    alone[:, 3] = 0.75  # the class without a threshold
    assert suspected(np.array([0, 1, 2]), alone).size == 0


def test_what_is_suspected_is_no_mistake_and_the_surest_come_first() -> None:
    labels, chances = made_up(count=3000)
    found = look(predictions(labels, chances), NAMES, side=8)
    answers = chances.argmax(axis=1)
    assert found.wrong == int((answers != labels).sum())
    doubted = set(suspected(labels, chances).tolist())
    assert found.suspected == len(doubted) > SHOWN and len(found.suspects) == SHOWN
    assert {one.index for one in found.suspects} <= doubted
    assert not {one.index for one in found.mistakes} & doubted
    sure = [one.sure for one in found.mistakes]
    assert len(sure) == SHOWN and sure == sorted(sure, reverse=True)
    left = [p for p in np.flatnonzero(answers != labels) if p not in doubted]
    assert sure[0] == pytest.approx(max(chances[p].max() for p in left), abs=1e-6)
    for one in (*found.mistakes, *found.suspects):
        assert one.label == NAMES[labels[one.index]] != one.answer == NAMES[answers[one.index]]
        assert one.given == pytest.approx(float(chances[one.index, labels[one.index]]), abs=1e-6)
        assert one.picture == f"seen-{one.index:06d}"


def test_places_are_those_among_the_test_images() -> None:
    labels, chances = made_up()
    near = look(predictions(labels, chances), NAMES, side=8)
    far = look(predictions(labels, chances, first=1000), NAMES, side=8)
    assert [one.index + 1000 for one in near.mistakes] == [one.index for one in far.mistakes]


def test_of_large_images_fewer_are_shown() -> None:
    labels, chances = made_up(count=3000)
    found = look(predictions(labels, chances), NAMES, side=64)
    assert 10 <= len(found.mistakes) == len(found.suspects) < SHOWN


def test_a_model_without_a_mistake_has_none() -> None:
    labels = np.array([0, 1, 2, 3])
    found = look(predictions(labels, np.eye(4, dtype=np.float32)), NAMES, side=28)
    assert (found.wrong, found.suspected, found.mistakes, found.suspects) == (0, 0, (), ())
    assert found.calibration_error == 0.0


def test_what_is_no_number_is_no_answer() -> None:
    labels, chances = made_up()
    broken = chances.copy()
    broken[::2] = np.nan
    found = look(predictions(labels, broken), NAMES, side=8)
    assert sum(one.count for one in found.bins) == 200
    half = chances[1::2].argmax(axis=1) != labels[1::2]
    assert found.wrong == int(half.sum())
    assert all(one.index % 2 for one in (*found.mistakes, *found.suspects))
    assert look(predictions(labels, chances * np.nan), NAMES, side=8).wrong == 0
