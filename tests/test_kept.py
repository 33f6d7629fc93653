"""What is kept of each Example out of TFMA's pass: whole, in order, and under one name."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components import kept
from components.gathered import on_disk
from components.results.predictions import Predictions, read_file, to_csv, write_predictions
from components.slice_figures import _Combiner
from modules import families
from tests.datasets import MNIST

LABELS = np.arange(40) % 10
PLACES = np.random.default_rng(1).permutation(40)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with on_disk(str(tmp_path)):
        yield tmp_path


def extract(said: np.ndarray, rows: Any = slice(None), dataset: Any = MNIST) -> None:
    """What TFMA asks of a slice's Examples, in the order in which they happened to come."""
    combiner = _Combiner(families.load("transformer")(dataset), "", "")
    gathered = combiner.create_accumulator()
    features = {"index": PLACES[rows], "stroke": np.full(len(LABELS[rows]), b"bold")}
    gathered.add(LABELS[rows], {"probabilities": said[rows], **kept.gathered(features)})
    combiner.extract_output(gathered)


def probabilities() -> np.ndarray:
    said = np.random.default_rng(2).dirichlet(np.ones(10), 40).astype(np.float32)
    said[:20] = np.eye(10, dtype=np.float32)[LABELS[:20]]
    return said


def found() -> Predictions:
    said = kept.find(kept.CANDIDATE)
    assert said is not None and kept.find(kept.BASELINE) is None
    return said


def test_the_whole_is_kept_in_the_order_of_the_images_whenever_slices_come() -> None:
    said = probabilities()
    for rows in (slice(0, 10), slice(None), slice(10, 25)):
        extract(said, rows)
    kept_ = found()
    order = np.argsort(PLACES)
    np.testing.assert_array_equal(kept_.index, np.arange(40))
    np.testing.assert_array_equal(kept_.labels, LABELS[order])
    np.testing.assert_array_equal(kept_.probabilities, said[order])
    np.testing.assert_array_equal(kept_.each["accuracy"], said[order].argmax(1) == LABELS[order])
    assert kept_.strokes is not None and set(kept_.strokes) == {"bold"}


def test_what_is_no_number_is_kept_as_such() -> None:
    said = probabilities()
    said[3, 4] = np.nan
    extract(said)
    accuracy = found().each["accuracy"]
    assert np.flatnonzero(np.isnan(accuracy)) == [PLACES[3]]


def test_two_are_of_the_same_images_only_if_data_places_and_labels_are(tmp_path: Path) -> None:
    names = []
    other = dataclasses.replace(MNIST, hash="0" * 64)
    for number, (rows, dataset) in enumerate(
        [(slice(None), MNIST), (slice(0, 39), MNIST), (slice(None), other), (slice(None), MNIST)]
    ):
        with on_disk(str(tmp_path / str(number))):
            extract(probabilities(), rows, dataset)
            names.append(found().images)
    assert names[0] == names[3] and len(set(names)) == 3


def test_all_of_it_comes_back_from_the_file(tmp_path: Path) -> None:
    extract(probabilities())
    for said in (found(), dataclasses.replace(found(), probabilities=None, strokes=None)):
        write_predictions(tmp_path, said)
        again = read_file(tmp_path / "predictions.npz")
        for one, other in zip(dataclasses.astuple(said), dataclasses.astuple(again), strict=True):
            np.testing.assert_equal(one, other)


def test_a_classifiers_table_says_what_was_answered_and_how_surely() -> None:
    said = np.array([[0.75, 0.25], [0.1, 0.9], [np.nan, np.nan]], np.float32)
    table = to_csv(
        Predictions("x", np.array([3, 5, 8]), np.array([0, 0, 1]), {}, said), ['a, "b"', "c"]
    )
    assert table == (
        'index,label,answer,probability\n3,"a, ""b""","a, ""b""",0.75\n5,"a, ""b""",c,0.9\n8,c,,\n'
    )


def test_a_generators_table_says_each_figure() -> None:
    each = {"nelbo": np.array([90.125, np.nan]), "coverage": np.array([1.0, 0.0])}
    table = to_csv(Predictions("x", np.arange(2), np.array([1, 0]), each), "ab")
    assert table == "index,label,coverage,nelbo\n0,b,1,90.125\n1,a,0,\n"
