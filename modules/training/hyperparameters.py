"""A family's hyperparameters: the defaults, what a search found, and what the user sets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras_tuner

from modules import families

# Parts of a whole: of units to drop, of a label, of an old average, of the steps of a training.
_SHARES = {"average", "beta_1", "dropout", "label_smoothing", "warm_up"}


class OverrideError(ValueError):
    """A hyperparameter that was set by hand is unknown, or its value makes no sense."""


def defaults(family: str) -> keras_tuner.HyperParameters:
    """Every hyperparameter of the family, at its default."""
    hp = keras_tuner.HyperParameters()
    families.load(family).search_space(hp)
    return hp


def check_overrides(family: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Checks hyperparameters that were set by hand.

    A number need not be a point of the search space; a word must be one of its words.

    Args:
        family: the family's name.
        overrides: name to value; a value may be text, as it was typed.

    Returns:
        The overrides, each with the type of the hyperparameter's default.

    Raises:
        OverrideError: a name is unknown or a value does not fit, in one sentence.
    """
    known = {parameter.name: parameter for parameter in defaults(family).space}
    checked: dict[str, Any] = {}
    for name, value in overrides.items():
        if name not in known:
            names = ", ".join(sorted(known))
            raise OverrideError(f"unknown hyperparameter {name!r} of {family}; known: {names}")
        checked[name] = _fit(name, value, known[name])
    return checked


def _fit(name: str, value: Any, parameter: Any) -> Any:
    default = parameter.default
    if isinstance(default, bool):
        words = {"true": True, "1": True, "false": False, "0": False}
        if str(value).lower() not in words:
            raise OverrideError(f"hyperparameter {name} is true or false, not {value!r}")
        return words[str(value).lower()]
    if isinstance(default, str):
        values = list(getattr(parameter, "values", [default]))
        if value not in values:
            raise OverrideError(
                f"hyperparameter {name} is one of {', '.join(values)}, not {value!r}"
            )
        return value
    kind = "a whole number" if isinstance(default, int) else "a number"
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise OverrideError(f"hyperparameter {name} is {kind}, not {value!r}") from None
    least = 1 if isinstance(default, int) else 0
    if not math.isfinite(number) or number < least or (isinstance(default, int) and number % 1):
        raise OverrideError(f"hyperparameter {name} is {kind} from {least} up, not {value!r}")
    if name in _SHARES and number >= 1:
        raise OverrideError(f"hyperparameter {name} is a number from 0 to below 1, not {value!r}")
    return type(default)(number)


def check_model(family: str, overrides: Mapping[str, Any]) -> None:
    """Checks that there is a model with the hyperparameters that were set by hand, by building it.

    Args:
        family: the family's name.
        overrides: see check_overrides.

    Raises:
        OverrideError: see check_overrides; or values that fit each by itself do not fit together.
    """
    if not overrides:
        return  # the defaults fit, and a start need not wait for a model that it does not use
    hp = resolve(family, None, overrides)
    try:
        families.load(family).build(hp, total_steps=100, seed=0)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise OverrideError(f"no {family} has these hyperparameters: {reason}") from error


def resolve(
    family: str, found: Mapping[str, Any] | None, overrides: Mapping[str, Any]
) -> keras_tuner.HyperParameters:
    """The hyperparameters to train with: the defaults, then the search's, then the user's.

    Args:
        family: the family's name.
        found: the config of the search's best HyperParameters; None without a search.
        overrides: see check_overrides.

    Raises:
        OverrideError: see check_overrides.
    """
    hp = defaults(family)
    if found:
        values = keras_tuner.HyperParameters.from_config(dict(found)).values
        hp.values.update({name: values[name] for name in hp.values if name in values})
    hp.values.update(check_overrides(family, overrides))
    return hp


def space_to_search(family: str, overrides: Mapping[str, Any]) -> keras_tuner.HyperParameters:
    """The family's search space, with the user's hyperparameters fixed.

    Raises:
        OverrideError: see check_overrides.
    """
    hp = keras_tuner.HyperParameters()
    for name, value in check_overrides(family, overrides).items():
        hp.Fixed(name, value)
    families.load(family).search_space(hp)
    return hp
