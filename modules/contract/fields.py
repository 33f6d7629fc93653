"""Reads and writes frozen dataclasses by what their fields declare, so that no name is told twice.

A field that declares nothing is none of a person's: it is neither read nor written here.

A value has a dotted name: `training.epochs` is the field `epochs` of the dataclass in the field
`training`. A field that is a mapping has names of its own below it, such as `gates.accuracy`.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from modules.contract.values import Kind

_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class Declared:
    """What a field says of itself.

    Attributes:
        name: dotted.
        kind: what a value has to be; of a mapping, each of its values.
        means: what it is, in words.
        default: dataclasses.MISSING where there is none.
        mapping: whether any name may stand below it.
        option: that gives it, without its dashes; empty where there is none.
    """

    name: str
    kind: Kind
    means: str
    default: Any
    mapping: bool
    option: str = ""


def declared(cls: type, prefix: str = "") -> tuple[Declared, ...]:
    """Lists the values of a dataclass, and of those within it, in the order of its fields."""
    found: list[Declared] = []
    for field, name, hint in _fields(cls, prefix):
        if dataclasses.is_dataclass(hint):
            found += declared(typing.cast(type, hint), f"{name}.")
            continue
        kind, means = field.metadata["kind"], field.metadata["means"]
        option = field.metadata.get("option", "")
        if not (option or prefix or _is_mapping(hint)):  # in tables there are too many
            option = name.replace("_", "-")
        found.append(Declared(name, kind, means, field.default, _is_mapping(hint), option))
    return tuple(found)


def tables(cls: type) -> tuple[str, ...]:
    """The names of a dataclass's fields that have names below them."""
    return tuple(
        name
        for _, name, hint in _fields(cls, "")
        if dataclasses.is_dataclass(hint) or _is_mapping(hint)
    )


def build(cls: type[_T], values: Mapping[str, Any], prefix: str = "") -> _T:
    """Makes a dataclass of values by dotted name, each of its field's type; checks nothing."""
    made: dict[str, Any] = {}
    for field, name, hint in _fields(cls, prefix):
        if dataclasses.is_dataclass(hint):
            made[field.name] = build(typing.cast(type, hint), values, f"{name}.")
        elif _is_mapping(hint):
            below = f"{name}."
            made[field.name] = {
                key.removeprefix(below): value
                for key, value in values.items()
                if key.startswith(below)
            }
        else:
            made[field.name] = values[name]
    return cls(**made)


def plain(instance: Any) -> dict[str, Any]:
    """Writes a dataclass down as TOML and JSON know it: None as its word, paths as text."""
    written: dict[str, Any] = {}
    for field, name, hint in _fields(type(instance), ""):
        value = getattr(instance, field.name)
        if dataclasses.is_dataclass(hint):
            written[name] = plain(value)
        elif _is_mapping(hint):
            written[name] = dict(value)
        elif value is None:
            written[name] = field.metadata["kind"].absent
        else:
            written[name] = str(value) if isinstance(value, Path) else value
    return written


def _fields(cls: type, prefix: str) -> Iterator[tuple[dataclasses.Field[Any], str, Any]]:
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        name = field.metadata.get("name") or field.name
        if "kind" not in field.metadata and not dataclasses.is_dataclass(hints[field.name]):
            continue
        yield field, f"{prefix}{name}", hints[field.name]


def _is_mapping(hint: Any) -> bool:
    return typing.get_origin(hint) is Mapping
