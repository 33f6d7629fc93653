"""Dataclasses to JSON and back."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from modules.util.plain import OtherShape, from_json, number, to_json


@dataclasses.dataclass(frozen=True)
class Leaf:
    name: str
    value: float | None = None


@dataclasses.dataclass(frozen=True)
class Tree:
    leaf: Leaf
    leaves: tuple[Leaf, ...]
    maybe: Leaf | None = None
    values: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)


TREE = Tree(Leaf("a", 1.5), (Leaf("b"), Leaf("c", 2.0)), Leaf("d"), {"x": [1, None, [2.5]]})


@pytest.mark.parametrize("tree", [TREE, Tree(Leaf("a"), ())])
def test_there_and_back(tree: Tree) -> None:
    assert from_json(Tree, json.loads(json.dumps(to_json(tree), allow_nan=False))) == tree


def test_what_is_no_number_becomes_null() -> None:
    plain = to_json({"a": [math.nan, (math.inf, 1)], 2: Leaf("b", -math.inf)})
    assert plain == {"a": [None, [None, 1]], "2": {"name": "b", "value": None}}


def test_what_is_missing_is_named_and_what_is_more_is_passed_over() -> None:
    assert from_json(Leaf, {"name": "a", "later": 1}) == Leaf("a")
    with pytest.raises(OtherShape, match="Leaf has no 'name'"):
        from_json(Tree, {"leaf": {"name": "a"}, "leaves": [{"value": 1.0}]})
    with pytest.raises(OtherShape, match="Leaf is not described by list"):
        from_json(Tree, {"leaf": [], "leaves": []})


@pytest.mark.parametrize(
    ("value", "kept"),
    [(1.23456789, 1.234568), (3, 3.0), ("NaN", None), (math.inf, None), (None, None)],
)
def test_numbers_are_rounded_to_what_they_can_mean(value: Any, kept: float | None) -> None:
    assert number(value) == kept
