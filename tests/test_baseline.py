"""Which model a candidate is compared with."""

from typing import Any

import pytest
from tfx.types import standard_artifacts

from components.baseline import LastBlessedOtherModel
from components.fellows import FELLOWS, MODEL, name_of


def model(ident: int, fellows: str = "") -> Any:
    found = standard_artifacts.Model()
    found.id = ident
    if fellows:
        found.set_string_custom_property(FELLOWS, fellows)
    return found


def push(ident: int, of: int) -> Any:
    found = standard_artifacts.PushedModel()
    found.id = ident
    found.set_int_custom_property(MODEL, of)
    return found


def blessing(of: int, blessed: int = 1) -> Any:
    found = standard_artifacts.ModelBlessing()
    found.set_int_custom_property("current_model_id", of)
    found.set_int_custom_property("blessed", blessed)
    return found


def resolve(candidate: int, models: list[int], blessings: list[Any]) -> list[int]:
    return resolve_among([model(ident) for ident in models], candidate, blessings)


def resolve_among(
    models: list[Any], candidate: int, blessings: list[Any], *pushes: Any
) -> list[int]:
    known = {one.id: one for one in models}
    found = LastBlessedOtherModel().resolve_artifacts(
        None,
        {
            "candidate": [known.get(candidate) or model(candidate)],
            "model": models,
            "model_blessing": blessings,
            "pushed_model": list(pushes),
        },
    )
    assert len(found["model"]) == len(found["model_blessing"])
    assert found["pushed_model"] == []
    return [artifact.id for artifact in found["model"]]


def test_the_first_model_has_none() -> None:
    assert resolve(1, [1], []) == []


def test_a_model_is_not_compared_with_itself() -> None:
    assert resolve(1, [1], [blessing(1)]) == []


def test_the_last_blessed_one_is_found() -> None:
    assert resolve(4, [2, 1, 3, 4], [blessing(1), blessing(2), blessing(3, blessed=0)]) == [2]


@pytest.mark.parametrize("candidate", [3, 4, 5])
def test_no_model_of_a_series_is_the_baseline_of_another_one(candidate: int) -> None:
    before = [model(1, "a"), model(2, "b")]
    seeds = [model(3, "c"), model(4, "c"), model(5, "c")]
    blessings = [blessing(ident) for ident in (1, 2, 3, 4, 5)]
    # Neither before one of them is pushed, nor after.
    assert resolve_among([*before, *seeds], candidate, blessings) == [2]
    assert resolve_among([*before, *seeds], candidate, blessings, push(10, of=4)) == [2]


def test_what_comes_after_a_series_is_compared_with_the_one_that_was_pushed() -> None:
    models = [model(1, "a"), *(model(ident, "c") for ident in (3, 4, 5, 6)), model(7, "d")]
    blessings = [blessing(ident) for ident in (1, 3, 4, 5, 6)]
    pushes = [push(12, of=4), push(11, of=5), push(13, of=1)]
    assert resolve_among(models, 7, blessings, *pushes) == [4]
    assert resolve_among(models, 7, blessings) == [6]  # of a series that pushed none
    # Models of older versions have no name for their fellows.
    assert resolve_among([model(3), model(6), model(7)], 7, blessings) == [6]


def test_fellows_differ_in_what_repeat_adds_to_the_seed_and_in_nothing_else() -> None:
    task = {"seed": 1, "repeat": 0, "epochs": 3}
    mine = name_of(task, [4, 5])
    assert mine == name_of(task | {"seed": 3, "repeat": 2}, [5, 4])
    assert name_of(task | {"seed": 0, "repeat": 1}, [4]) == name_of(task | {"seed": 2**32 - 1}, [4])
    others = [task | {"seed": 2}, task | {"epochs": 4}, task | {"seed": 2, "repeat": 2}]
    assert mine not in [name_of(one, [4, 5]) for one in others]
    assert mine != name_of(task, [4, 6])
