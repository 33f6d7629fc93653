"""Dataclasses by what their fields declare."""

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from modules.contract.fields import build, declared, plain, tables
from modules.contract.profile import setting
from modules.contract.values import Kind
from pipeline.settings import Settings


@dataclasses.dataclass(frozen=True)
class Inner:
    count: int | None = setting("how many", Kind(int, least=1, most=9, absent="all"))
    rate: float = setting("how fast", Kind(float, least=0, most=1), default=0.5)


@dataclasses.dataclass(frozen=True)
class Outer:
    kind: str = setting("which", Kind(str), name="sort")
    place: Path = setting("where", Kind(Path))
    inner: Inner
    bounds: Mapping[str, float] = setting("a bound", Kind(float, least=0, most=9))


VALUES = {
    "sort": "a",
    "place": Path("/x"),
    "inner.count": None,
    "inner.rate": 0.25,
    "bounds.one": 1.0,
    "bounds.two.three": 2.0,
}


def test_names_are_dotted_and_those_that_people_use() -> None:
    found = declared(Outer)
    assert [value.name for value in found] == [
        "sort",
        "place",
        "inner.count",
        "inner.rate",
        "bounds",
    ]
    assert [value.means for value in found] == ["which", "where", "how many", "how fast", "a bound"]
    assert [value.mapping for value in found] == [False] * 4 + [True]
    assert found[3].default == 0.5 and found[0].default is dataclasses.MISSING
    assert tables(Outer) == ("inner", "bounds")


def test_what_is_built_can_be_written_down() -> None:
    made = build(Outer, VALUES)
    bounds = {"one": 1.0, "two.three": 2.0}
    assert made == Outer("a", Path("/x"), Inner(None, 0.25), bounds)
    assert plain(made) == {
        "sort": "a",
        "place": "/x",
        "inner": {"count": "all", "rate": 0.25},
        "bounds": bounds,
    }


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="inner.rate"):
        build(Outer, {name: value for name, value in VALUES.items() if name != "inner.rate"})


def hints_of(cls: type, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        hint = typing.get_type_hints(cls)[field.name]
        name = prefix + (field.metadata.get("name") or field.name)
        found |= hints_of(hint, f"{name}.") if dataclasses.is_dataclass(hint) else {name: hint}
    return found


def test_what_settings_declare_is_what_their_types_say() -> None:
    hints = hints_of(Settings)
    for value in declared(Settings):
        types = set(typing.get_args(hints[value.name])) or {hints[value.name]}
        if value.mapping:
            wanted = Any if value.kind.type is object else value.kind.type
            assert typing.get_args(hints[value.name]) == (str, wanted)
            continue
        assert types == {value.kind.type, *([type(None)] if value.kind.absent else [])}, value.name
