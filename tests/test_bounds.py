"""Every number that a person can type has both bounds, and nothing beyond them starts a run."""

from collections.abc import Iterator
from typing import Any

import pytest

from modules import families
from modules.contract.values import Kind
from pipeline.config_file import read_config, read_hyperparameters
from pipeline.settings import DECLARED, FAMILIES, BadSetting, Layer, make_settings
from tests.datasets import MNIST

NEVER = ["nan", "-inf", "inf", "1e400", "1e99", "9" * 5000, "0x10", "1,5", "true", ""]
NEVER_TYPED = [float("nan"), float("inf"), float("-inf"), 1e99, 10**400, True, False, [1]]


def kinds() -> Iterator[Any]:
    """Every number that can be set: the family, its name and what it may be."""
    for value in DECLARED.values():
        if not value.mapping:
            yield from number(FAMILIES[0], value.name, value.kind)
    for family in FAMILIES:
        loaded = families.load(family)
        for one in loaded.hyperparameters:
            yield from number(family, f"hyperparameters.{one.name}", one.kind)
        for gate in loaded.evaluation.gate_names:
            yield from number(family, f"gates.{gate}", loaded.evaluation.kind_of(gate))


def number(family: str, name: str, kind: Kind) -> Iterator[Any]:
    if kind.type in (int, float):
        yield pytest.param(family, name, kind, id=f"{family} {name}")


def set_to(family: str, name: str, value: Any) -> Any:
    """What a setting is read as.

    Raises:
        BadSetting, BadHyperparameter: it cannot be that.
    """
    settings = make_settings(Layer({name: value}), model=family)
    table, _, key = name.rpartition(".")
    if table != "hyperparameters":
        found = getattr(settings, table) if table else settings
        return found[key] if table == "gates" else getattr(found, key)
    [one] = [h for h in families.load(family).hyperparameters if h.name == key]
    return one.read(settings.hyperparameters[key])


@pytest.mark.parametrize(("family", "name", "kind"), kinds())
def test_every_number_has_both_bounds(family: str, name: str, kind: Kind) -> None:
    assert kind.least is not None and (kind.most is not None or kind.below is not None)
    for bound in (kind.least, kind.least if kind.most is None else kind.most):
        assert set_to(family, name, bound) == set_to(family, name, str(bound).removesuffix(".0"))
        assert type(set_to(family, name, bound)) is kind.type


@pytest.mark.parametrize(("family", "name", "kind"), kinds())
def test_nothing_beyond_them_is_taken(family: str, name: str, kind: Kind) -> None:
    top = kind.most if kind.most is not None else kind.below
    beyond = [kind.least - 1, str(kind.least - 1), top + 1, str(top + 1), f"-{top}", 2**70]  # type: ignore[operator]
    missing = [] if kind.absent else [None]
    for value in (*NEVER, *NEVER_TYPED, *missing, *beyond):
        with pytest.raises(ValueError, match=rf"{name} must be (a|one)|takes NAME=VALUE") as told:
            set_to(family, name, value)
        assert len(str(told.value)) < 250 and "\n" not in str(told.value)


@pytest.mark.parametrize(("family", "name", "kind"), kinds())
def test_zero_has_no_sign(family: str, name: str, kind: Kind) -> None:
    if kind.least == 0:
        assert all(str(set_to(family, name, zero))[0] == "0" for zero in ("-0", -0.0, 0))


@pytest.mark.parametrize(
    "text", ["[data]\ntrain_images = {}", "seed = {}", "[judge]\naccuracy = {}"]
)
@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "9" * 5000, "-1", "true", "2024-01-01"])
def test_no_file_sets_what_cannot_be_typed(text: str, value: str, tmp_path: Any) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text.format(value))
    with pytest.raises(BadSetting, match=r"a\.toml"):
        make_settings(read_config(str(file)))


def test_no_file_of_hyperparameters_sets_what_cannot_be_typed(tmp_path: Any) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"hyperparameters": {"units": ' + "9" * 5000 + "}}")
    with pytest.raises(BadSetting, match=r"a\.json holds a number that is too long"):
        read_hyperparameters(str(file))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "name"),
    [
        (family, one.name)
        for family in FAMILIES
        for one in families.load(family).hyperparameters
        if one.kind.type in (int, float)
    ],
)
def test_what_a_bound_lets_through_can_be_built(family: str, name: str) -> None:
    loaded = families.load(family)
    [one] = [h for h in loaded.hyperparameters if h.name == name]
    for bound in filter(None, (one.kind.least, one.kind.most)):
        more = {"generator": "conv"} if name == "channels" else {}
        try:
            families.check(family, {name: bound, **more}, MNIST)
        except ValueError as error:
            assert "do not fit together" in str(error)
