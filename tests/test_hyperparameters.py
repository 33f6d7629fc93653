"""Hyperparameters that are set by hand: what does not fit is refused before work starts."""

from typing import Any

import pytest

from modules.training import hyperparameters
from modules.training.hyperparameters import OverrideError


@pytest.mark.parametrize(
    ("family", "name", "typed", "wanted"),
    [
        ("transformer", "layers", "1", 1),
        ("transformer", "weight_decay", "0", 0.0),
        ("transformer", "stem", "patch", "patch"),
        ("vae", "bfloat16", "True", True),
        ("gan", "dropout", 0, 0.0),
    ],
)
def test_a_value_gets_the_type_of_the_default(
    family: str, name: str, typed: Any, wanted: Any
) -> None:
    found = hyperparameters.check_overrides(family, {name: typed})
    assert found == {name: wanted} and type(found[name]) is type(wanted)


@pytest.mark.parametrize(
    ("family", "name", "value", "reason"),
    [
        (
            "transformer",
            "depth",
            1,
            "unknown hyperparameter 'depth' of transformer; known: .*layers",
        ),
        ("transformer", "layers", 1.5, "layers is a whole number from 1 up, not 1.5"),
        ("transformer", "stem", "mlp", "stem is one of conv, patch, not 'mlp'"),
        ("transformer", "pre_norm", "perhaps", "pre_norm is true or false, not 'perhaps'"),
        ("vae", "latent", 0, "latent is a whole number from 1 up, not 0"),
        ("vae", "beta", "inf", "beta is a number from 0 up, not 'inf'"),
        ("vae", "beta", "much", "beta is a number, not 'much'"),
        ("gan", "batch_size", 0, "batch_size is a whole number from 1 up, not 0"),
        ("gan", "average", 1.0, "average is a number from 0 to below 1, not 1.0"),
        ("transformer", "heads", 3, "no transformer has .*: 3 heads do not divide 64 features"),
    ],
)
def test_what_does_not_fit_is_named(family: str, name: str, value: Any, reason: str) -> None:
    with pytest.raises(OverrideError, match=reason):
        hyperparameters.check_model(family, {name: value})


@pytest.mark.parametrize("family", ["transformer", "vae", "gan"])
def test_the_defaults_make_a_model(family: str) -> None:
    hyperparameters.check_model(family, hyperparameters.defaults(family).values)
