"""What two runs were made of that is not the same."""

import dataclasses
from typing import Any

import pytest

from components.results.changes import differences
from components.results.report import Change
from components.results.summary import Summary, Verdict
from tests import results

DATASET = {"origin": "mnist", "hash": "a" * 64, "names": ["0", "8"], "train_count": 60}
SETTINGS = {
    "model": "transformer",
    "output": "/here/output",
    "data_dir": "/here/data",
    "metadata_store": "none",
    "seed": 1,
    "training": {"epochs": 3},
    "data": {"transposed": False},
    "gates": {"accuracy": 0.9},
    "hyperparameters": {},
    "checks": {"muted": ""},
    "dataset": DATASET,
}
RUN = dataclasses.replace(results.SUMMARY, settings=SETTINGS)
UNTRAINED = dataclasses.replace(RUN, training=None)


def with_settings(run: Summary = RUN, **values: Any) -> Summary:
    return dataclasses.replace(run, settings={**run.settings, **values})


def trained_with(**values: Any) -> Summary:
    training = dataclasses.replace(results.TRAINING, hyperparameters=values)
    return dataclasses.replace(RUN, training=training)


@pytest.mark.parametrize(
    "other",
    [
        RUN,
        dataclasses.replace(RUN, verdict=Verdict("refused", 3), seconds=1.0, run="another"),
        with_settings(output="/there", data_dir="/there", metadata_store="localhost:8080"),
        with_settings(checks={"muted": "TRI001"}),
        with_settings(seed=1.0),
        # What was found or set by hand, both were trained with it.
        with_settings(hyperparameters={"layers": 2}),
        # Runs that ended before they knew.
        dataclasses.replace(RUN, source="", versions={}),
        Summary(Verdict("failed", 1)),
    ],
)
def test_what_shapes_nothing_is_no_difference(other: Summary) -> None:
    assert differences(RUN, other) == differences(other, RUN) == ()


@pytest.mark.parametrize(
    ("one", "other", "change"),
    [
        (
            RUN,
            with_settings(training={"epochs": 4}),
            Change("setting", "training.epochs", "3", "4"),
        ),
        (RUN, with_settings(gates={}), Change("setting", "gates.accuracy", "0.9", "")),
        (
            RUN,
            with_settings(data={"transposed": True}),
            Change("setting", "data.transposed", "false", "true"),
        ),
        (
            trained_with(layers=1),
            trained_with(layers=2),
            Change("setting", "hyperparameters.layers", "1", "2"),
        ),
        (
            RUN,
            with_settings(UNTRAINED, hyperparameters={"layers": 2}),
            Change("setting", "hyperparameters.layers", "", "2"),
        ),
        (
            RUN,
            dataclasses.replace(RUN, source="e" * 64),
            Change("code", "source", "abcd", "e" * 12),
        ),
        (
            RUN,
            dataclasses.replace(RUN, versions={"python": "3.13"}),
            Change("library", "python", "3.11", "3.13"),
        ),
        (
            RUN,
            with_settings(dataset={**DATASET, "hash": "b" * 64}),
            Change("data", "images and labels", "a" * 12, "b" * 12),
        ),
        (
            RUN,
            with_settings(dataset={**DATASET, "train_count": 61}),
            Change("data", "train count", "60", "61"),
        ),
    ],
)
def test_a_difference_is_told_with_both_values(
    one: Summary, other: Summary, change: Change
) -> None:
    assert differences(one, other) == (change,)
    back = dataclasses.replace(change, before=change.after, after=change.before)
    assert differences(other, one) == (back,)


def test_another_family_has_other_code_anyway() -> None:
    other = dataclasses.replace(with_settings(model="vae"), source="ffff")
    assert differences(RUN, other) == (Change("setting", "model", "transformer", "vae"),)


def test_data_and_code_come_first() -> None:
    other = dataclasses.replace(
        with_settings(seed=2, dataset={**DATASET, "origin": "emnist"}),
        source="ffff",
        versions={"python": "3.13"},
    )
    assert [one.kind for one in differences(RUN, other)] == ["data", "code", "setting", "library"]
