"""The one form of a gate's no: its words, its order, its record."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.gates import (
    Failure,
    Record,
    Refusal,
    describe,
    find_records,
    read_record,
    write_record,
)
from components.results.stored import BadFacts


def failure(metric: str, where: str, value: float | None, bound: float, kind: str) -> Failure:
    return Failure("Evaluator", metric, where, value, kind, bound, examples=1000)


OVERALL = failure("share_of_8", "overall", 0.0, 0.05, "at least")
TWO = failure("coverage", "label=2", 0.38, 0.4, "at least")
EIGHT = failure("coverage", "label=8", 0.02, 0.4, "at least")
NINE = failure("nelbo", "label=9", 150.0, 120.0, "at most")
MUST = Failure("DataGate", "mean_ink", "test", None, "must", None, 0, "does not fit: too low")


def test_the_first_failure_and_the_worst_slice_are_named() -> None:
    assert describe([OVERALL, TWO, EIGHT, NINE]) == (
        "share_of_8 is 0, needs 0.05 (1,000 examples); "
        "coverage on label=8 is 0.02, needs 0.4 (1,000 examples) and 2 more"
    )


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        ([EIGHT], f"{EIGHT}"),
        ([OVERALL, EIGHT], f"{OVERALL}; {EIGHT}"),
        ([TWO, NINE, EIGHT], f"{TWO}; {EIGHT} and 1 more"),
        ([OVERALL, OVERALL], f"{OVERALL} and 1 more"),
        ([MUST, OVERALL], f"{MUST} and 1 more"),
    ],
)
def test_nothing_is_named_twice_and_the_rest_is_counted(
    failures: list[Failure], reason: str
) -> None:
    assert describe(failures) == reason


def test_what_could_not_be_measured_is_the_worst() -> None:
    lost = failure("recall", "label=3", None, 0.3, "at least")
    reason = describe([OVERALL, EIGHT, lost])
    assert "; recall on label=3 could not be measured (1,000 examples)" in reason


def test_a_failure_says_which_way_its_bound_goes() -> None:
    assert str(NINE) == "nelbo on label=9 is 150, may be at most 120 (1,000 examples)"
    change = failure("coverage", "overall", -0.07, -0.02, "change")
    assert str(change) == (
        "coverage changed by -0.07 from the last blessed model, where -0.02 is allowed "
        "(1,000 examples)"
    )


def test_where_numbers_tell_nothing_words_do() -> None:
    assert str(MUST) == "mean_ink on test does not fit: too low"
    whole = dataclasses.replace(MUST, metric="sample", slice="overall", words="is not served")
    assert str(whole) == "sample is not served"


def test_a_refusal_carries_what_was_found() -> None:
    refusal = Refusal([EIGHT, TWO])
    assert refusal.failures == (EIGHT, TWO)
    assert str(refusal) == f"{EIGHT}; {TWO}"


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_record(tmp_path / "no", "Evaluator", [OVERALL, MUST])
    write_record(tmp_path / "yes", "DataGate", [])
    assert read_record(tmp_path / "no") == Record("Evaluator", False, (OVERALL, MUST))
    assert read_record(tmp_path / "yes") == Record("DataGate", True, ())
    write_record(tmp_path / "no", "Evaluator", [])  # a gate that is asked again
    assert read_record(tmp_path / "no").passed
    assert [path.name for path in (tmp_path / "no").iterdir()] == ["gate.json"]


def test_a_missing_record_is_an_error_where_there_has_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(BadFacts, match="older version of the project; run the pipeline again"):
        read_record(tmp_path)
    (tmp_path / "gate.json").write_text('{"gate": "Evaluator", "ok": true}')
    with pytest.raises(BadFacts, match="another version of the project .Record has no 'passed'"):
        read_record(tmp_path)


def test_the_records_beside_a_nodes_outputs_are_found(tmp_path: Path) -> None:
    write_record(tmp_path / "a", "One", [])
    write_record(tmp_path / "b", "Two", [EIGHT])
    (tmp_path / "c").mkdir()
    a, b, c = (SimpleNamespace(uri=str(tmp_path / name)) for name in "abc")
    assert find_records({"x": [b, c], "y": [a, b]}) == [
        Record("One", True),
        Record("Two", False, (EIGHT,)),
    ]
    assert find_records({"x": [c], "y": []}) == []
