"""Which model a candidate is compared with."""

from typing import Any

from tfx.types import standard_artifacts

from components.baseline import LastBlessedOtherModel


def model(ident: int) -> Any:
    found = standard_artifacts.Model()
    found.id = ident
    return found


def blessing(of: int, blessed: int = 1) -> Any:
    found = standard_artifacts.ModelBlessing()
    found.set_int_custom_property("current_model_id", of)
    found.set_int_custom_property("blessed", blessed)
    return found


def resolve(candidate: int, models: list[int], blessings: list[Any]) -> list[int]:
    found = LastBlessedOtherModel().resolve_artifacts(
        None,
        {
            "candidate": [model(candidate)],
            "model": [model(ident) for ident in models],
            "model_blessing": blessings,
        },
    )
    assert len(found["model"]) == len(found["model_blessing"])
    return [artifact.id for artifact in found["model"]]


def test_the_first_model_has_none() -> None:
    assert resolve(1, [1], []) == []


def test_a_model_is_not_compared_with_itself() -> None:
    assert resolve(1, [1], [blessing(1)]) == []


def test_the_last_blessed_one_is_found() -> None:
    assert resolve(4, [2, 1, 3, 4], [blessing(1), blessing(2), blessing(3, blessed=0)]) == [2]
