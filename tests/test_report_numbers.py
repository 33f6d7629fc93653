"""Numbers as people read them: rounded, never wrong, never "nan"."""

import math
from typing import Any

import pytest

from components.results import numbers
from components.results.numbers import MINUS, SPACE, UNKNOWN


@pytest.mark.parametrize(
    ("value", "figure", "written"),
    [
        (0.9937, "accuracy", f"99.37{SPACE}%"),
        (0.99999, "accuracy", f"99.999{SPACE}%"),  # not all of them
        (1.0, "accuracy", f"100.00{SPACE}%"),
        (0.00001, "share_of_8", f"0.001{SPACE}%"),  # not none of them
        (0.0, "floor_share_of_8", f"0.00{SPACE}%"),
        (0.999958, "auc_macro", "0.99996"),
        (1.0, "auc", "1"),
        (0.005608, "mse", "0.005608"),
        (89.856237, "nelbo", "89.86"),
        (-0.5, "", f"{MINUS}0.5"),
        (999.96, "", "1,000"),
        (1234.567, "", "1,234.6"),
        (12345, "", "12,345"),
        (123456.7, "", "123,457"),
        (0.0001, "learning_rate", "0.0001"),
        (1e-9, "", "1e-09"),
        (True, "", "yes"),
        (None, "accuracy", UNKNOWN),
        (math.nan, "accuracy", UNKNOWN),
        (math.inf, "", UNKNOWN),
        ([1.5, None], "", f"1.5, {UNKNOWN}"),
        ("conv", "", "conv"),
    ],
)
def test_a_number_is_written_so(value: Any, figure: str, written: str) -> None:
    assert numbers.number(value, figure) == written


@pytest.mark.parametrize(
    ("value", "figure", "written"),
    [
        (-0.006, "accuracy", f"{MINUS}0.60{SPACE}points"),
        (0.0134, "coverage", f"+1.34{SPACE}points"),
        (0.0, "accuracy", f"±0.00{SPACE}points"),
        (0.76, "nelbo", "+0.76"),
        (None, "nelbo", UNKNOWN),
    ],
)
def test_a_change_has_a_sign_and_is_in_points(
    value: float | None, figure: str, written: str
) -> None:
    assert numbers.number(value, figure, signed=True) == written


@pytest.mark.parametrize("figure", ["accuracy", "nelbo"])
@pytest.mark.parametrize("value", [0.0, 1e-6, 0.012346, 0.5, 0.987654, 0.999999, 1.0])
def test_what_is_written_is_the_value_rounded(value: float, figure: str) -> None:
    text = numbers.number(value, figure).partition(SPACE)[0]
    scale = 100.0 if figure == "accuracy" else 1.0
    digits = len(text.partition(".")[2])
    assert abs(float(text) - scale * value) <= 0.5001 * 10**-digits
    assert (float(text) in (0.0, scale)) == (value in (0.0, 1.0))


@pytest.mark.parametrize(
    "figure", ["accuracy", "class_coverage", "precision_of_auc", "recall_macro"]
)
def test_parts_of_examples_are_told_by_their_name(figure: str) -> None:
    assert numbers.is_part(figure)


@pytest.mark.parametrize(
    "figure", ["auc", "relative_coverage", "f1_macro", "ink_auc", "a_of_recall"]
)
def test_other_figures_are_none(figure: str) -> None:
    assert not numbers.is_part(figure)


def test_an_interval_has_its_unit_once() -> None:
    assert numbers.interval(0.945, 0.9712, "accuracy") == f"94.50 to 97.12{SPACE}%"
    assert numbers.interval(-0.0012, 0.0006, "accuracy", signed=True) == (
        f"{MINUS}0.12 to +0.06{SPACE}points"
    )
    assert numbers.interval(88.0649, 92.55, "nelbo") == "88.06 to 92.55"


@pytest.mark.parametrize(
    ("p", "written"),
    [(0.664, "= .66"), (0.0123, "= .012"), (0.0949, "= .095"), (1.0, "= 1.00"), (2e-5, "< .001")],
)
def test_a_probability_is_written_as_tests_give_it(p: float, written: str) -> None:
    assert numbers.probability(p) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.0, "0.0 s"), (59.97, "1 min 0 s"), (155.2, "2 min 35 s"), (4_200.0, "1 h 10 min")],
)
def test_a_time_is_written_in_the_units_that_matter(seconds: float, written: str) -> None:
    assert numbers.duration(seconds).replace(SPACE, " ") == written


def test_some_words_are_written_as_people_do() -> None:
    assert numbers.title("relative_frechet") == "relative Fréchet"
    assert numbers.count(1, "trial") == "1 trial" and numbers.count(1234, "trial") == "1,234 trials"
