"""The verdict's words."""

import pytest

from pipeline.verdict import Failure, refusal


def failure(metric: str, where: str, value: float | None, bound: float, kind: str) -> Failure:
    return Failure(metric, where, value, kind, bound, examples=1000)


OVERALL = failure("share_of_8", "overall", 0.0, 0.05, "at least")
TWO = failure("coverage", "label=2", 0.38, 0.4, "at least")
EIGHT = failure("coverage", "label=8", 0.02, 0.4, "at least")
NINE = failure("nelbo", "label=9", 150.0, 120.0, "at most")


def test_a_refusal_names_the_first_failure_and_the_worst_slices() -> None:
    verdict = refusal([OVERALL, TWO, EIGHT, NINE])
    assert (verdict.outcome, verdict.exit_code) == ("refused", 3)
    assert verdict.failures == (OVERALL, TWO, EIGHT, NINE)
    assert str(verdict) == (
        "refused: share_of_8 is 0, needs 0.05 (1,000 examples); "
        "coverage on label=8 is 0.02, needs 0.4 (1,000 examples) and 2 more"
    )


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        ([EIGHT], f"{EIGHT}"),
        ([OVERALL, EIGHT], f"{OVERALL}; {EIGHT}"),
        ([TWO, NINE, EIGHT], f"{TWO}; {EIGHT} and 1 more"),
        ([OVERALL, OVERALL], f"{OVERALL} and 1 more"),
    ],
)
def test_nothing_is_named_twice_and_the_rest_is_counted(
    failures: list[Failure], reason: str
) -> None:
    assert refusal(failures).reason == reason


def test_what_could_not_be_measured_is_the_worst() -> None:
    lost = failure("recall", "label=3", None, 0.3, "at least")
    verdict = refusal([OVERALL, EIGHT, lost])
    assert "; recall on label=3 could not be measured (1,000 examples)" in verdict.reason


def test_a_failure_says_which_way_its_bound_goes() -> None:
    assert str(NINE) == "nelbo on label=9 is 150, may be 120 (1,000 examples)"
    change = failure("coverage", "overall", -0.07, -0.02, "change")
    assert str(change) == (
        "coverage changed by -0.07 from the last blessed model, where -0.02 is allowed "
        "(1,000 examples)"
    )
