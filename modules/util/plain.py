"""Dataclasses to plain JSON values and back. Undefined numbers (NaN, infinity) become null."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_DIGITS_KEPT = 6


class OtherShape(ValueError):
    """Stored values do not have the fields of a dataclass; the message says what is missing."""


def number(value: Any) -> float | None:
    """Rounds a number to what it can mean; None when it is not one ('NaN' may come as text)."""
    value = math.nan if value is None else float(value)
    return round(value, _DIGITS_KEPT) if math.isfinite(value) else None


def to_json(value: Any) -> Any:
    """Makes JSON values of dataclasses, mappings, lists and tuples, however deep."""
    if dataclasses.is_dataclass(value):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of nested mappings, by its dotted name."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def from_json(kind: type[T], found: Any) -> T:
    """Makes a dataclass of what `to_json` made of one.

    Args:
        kind: the dataclass. Its fields may hold dataclasses, tuples of them, or None; what else
            they hold is taken as it is.
        found: a dict; keys that the dataclass does not have are passed over.

    Raises:
        OtherShape: a field without a default is missing, or it is no dict at all.
    """
    if not isinstance(found, Mapping):
        raise OtherShape(f"{kind.__name__} is not described by {type(found).__name__}")
    hints = _hints(typing.cast(Any, kind))
    values = {}
    for field in dataclasses.fields(typing.cast(Any, kind)):
        if field.name in found:
            values[field.name] = _read(hints[field.name], found[field.name])
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise OtherShape(f"{kind.__name__} has no '{field.name}'")
    return kind(**values)


@functools.cache  # there are hundreds of a kind in a file
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(hint: Any, found: Any) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        [hint, *_] = (one for one in inner if one is not type(None))
        return None if found is None else _read(hint, found)
    if origin is tuple:
        return tuple(_read(inner[0], one) for one in found)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return from_json(hint, found)
    return found
