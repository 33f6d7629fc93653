"""Hyperparameters: what does not fit is refused by name, before work starts."""

from typing import Any

import pytest

from modules import families
from modules.contract.hyperparameters import (
    BadHyperparameter,
    defaults,
    number,
    read_all,
    resolve,
    share,
    switch,
    whole,
    word,
)
from tests.datasets import MNIST

SPACE = (
    whole("layers", 2, "layers", [1, 2], most=8),
    whole("depth", 0, "0 is no limit", least=0),
    number("rate", 1e-3, "a rate", [1e-3, 2e-3], most=10.0),
    share("dropout", 0.1, "a part"),
    switch("norm", True, "or not"),
    word("stem", "conv", "a kind", ["conv", "patch"]),
)


@pytest.mark.parametrize(
    ("name", "typed", "wanted"),
    [
        ("layers", "1", 1),
        ("layers", 2.0, 2),
        ("depth", "0", 0),
        ("rate", "0", 0.0),
        ("rate", 3, 3.0),
        ("stem", "patch", "patch"),
        ("norm", "False", False),
        ("norm", True, True),
        ("dropout", 0, 0.0),
    ],
)
def test_a_value_gets_the_declared_type(name: str, typed: Any, wanted: Any) -> None:
    found = read_all(SPACE, {name: typed})
    assert found == {name: wanted} and type(found[name]) is type(wanted)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("lairs", 1, "unknown hyperparameter 'lairs'; choose depth, dropout, layers"),
        ("layers", 1.5, "layers must be a whole number from 1 to 8, not 1.5"),
        ("layers", 9, "layers must be a whole number from 1 to 8, not 9"),
        ("layers", True, "layers must be a whole number from 1 to 8, not true"),
        ("layers", "", "layers must be a whole number from 1 to 8, not ''"),
        ("depth", -1, "depth must be a whole number from 0 to 100,000, not -1"),
        ("rate", "inf", "rate must be a number from 0 to 10, not 'inf'"),
        ("rate", "much", "rate must be a number from 0 to 10, not 'much'"),
        ("dropout", 1.0, "dropout must be a number of at least 0 and below 1, not 1.0"),
        ("norm", "perhaps", "norm must be true or false, not 'perhaps'"),
        ("stem", "mlp", "unknown hyperparameters.stem 'mlp'; choose conv or patch"),
    ],
)
def test_what_does_not_fit_is_named(name: str, value: Any, reason: str) -> None:
    with pytest.raises(BadHyperparameter, match=reason):
        read_all(SPACE, {name: value})


def test_by_hand_comes_before_the_searchs_choice_and_that_before_the_defaults() -> None:
    found = {"layers": 1, "rate": 2e-3, "tuner/epochs": 3}
    chosen = resolve(SPACE, found, {"rate": "0.5"})
    assert chosen == {**defaults(SPACE), "layers": 1, "rate": 0.5}


def test_values_that_do_not_fit_together_are_refused_by_building_the_model() -> None:
    reason = "do not fit together: a width of 64 cannot be divided among 3 heads$"
    with pytest.raises(BadHyperparameter, match=reason):
        families.check("transformer", {"heads": 3}, MNIST)


@pytest.mark.parametrize("name", families.names())
def test_the_defaults_and_every_profile_make_a_model(name: str) -> None:
    family = families.load(name)(MNIST)
    for profile in family.profiles.values():
        family.check(resolve(family.hyperparameters, None, profile.hyperparameters))
