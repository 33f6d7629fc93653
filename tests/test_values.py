"""What a value that a person gave is read as."""

from pathlib import Path
from typing import Any

import pytest

from modules.contract.values import BadValue, Kind, choice, read, unknown


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        (Kind(int), "6_000", 6000),
        (Kind(int), 3.0, 3),
        (Kind(int, least=0), " 0 ", 0),
        (Kind(float), 1, 1.0),
        (Kind(float, below=1), "0.999", 0.999),
        (Kind(bool), "False", False),
        (Kind(bool), True, True),
        (Kind(str), " a ", "a"),
        (Kind(str, words=("a", "b")), "b", "b"),
        (Kind(str, words=("a", "b"), several=True), "b, a ,b", "a, b"),
        (Kind(str, words=("a", "b"), several=True), ["b", "a"], "a, b"),
        (Kind(str, words=("a", "b"), several=True, absent="none"), "none", None),
        (Kind(Path), " a ", Path(" a ")),
        (Kind(int, absent="all"), "ALL", None),
        (Kind(int, absent="all"), None, None),
        (Kind(object), "3", "3"),
        (Kind(object), 3, 3),
        (Kind(object), False, False),
        (Kind(object), 0.5, 0.5),
    ],
)
def test_what_fits_gets_its_type(kind: Kind, given: Any, found: Any) -> None:
    value = read("x", given, kind)
    assert value == found and type(value) is type(found)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (Kind(int), "3.5", "x must be a whole number, not '3.5'"),
        (Kind(int), True, "x must be a whole number, not true"),
        (Kind(int), None, "x must be a whole number, not None"),
        (Kind(int, least=1, most=1000), 1001, "x must be a whole number from 1 to 1,000, not 1001"),
        (Kind(float, least=0, below=1), 1, "x must be a number of at least 0 and below 1, not 1"),
        (Kind(float), "inf", "x must be a number, not 'inf'"),
        (Kind(float, absent="none"), "no", "x must be a number, or none, not 'no'"),
        (Kind(bool), 1, "x must be true or false, not 1"),
        (Kind(str), "", "x must be text, not ''"),
        (Kind(str), 3, "x must be text, not 3"),
        (Kind(Path), "a\0", "x must be a path, not 'a\\x00'"),
        (Kind(Path), "\udcff", "x must be a path, not '\\udcff'"),
        (Kind(str, words=("a", "b")), "c", "unknown x 'c'; choose a or b"),
        (Kind(str, words=("a", "b"), several=True), "a d", "unknown x 'd'; choose a or b"),
        (
            Kind(str, words=("a", "b"), several=True),
            ["a", 1],
            "x must be some of a to b, with commas or spaces between them, not ['a', 1]",
        ),
        (Kind(object), [1], "x must be a number, true, false or text, not [1]"),
        (Kind(object), float("inf"), "x must be a number, true, false or text, not inf"),
        (Kind(object), None, "x must be a number, true, false or text, not None"),
        (
            Kind(int, most=5),
            "9" * 100,
            f"x must be a whole number of at most 5, not '{'9' * 57}...'",
        ),
    ],
)
def test_what_does_not_is_answered_with_what_would(kind: Kind, given: Any, words: str) -> None:
    with pytest.raises(BadValue) as refused:
        read("x", given, kind)
    assert words in str(refused.value)


def test_choices_in_words() -> None:
    assert [choice(words) for words in (("a",), ("a", "b"), ("a", "b", "c"))] == [
        "a",
        "a or b",
        "a, b or c",
    ]


def test_the_likely_name_is_named() -> None:
    known = ("training.epochs", "tuning.max_epochs")
    said = unknown("setting", "training.epoch", known)
    assert said == (
        "unknown setting 'training.epoch' (did you mean training.epochs?); "
        "choose training.epochs or tuning.max_epochs"
    )
    assert unknown("setting", "colour", known) == (
        "unknown setting 'colour'; choose training.epochs or tuning.max_epochs"
    )
