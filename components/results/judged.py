"""What gates asked and what was found: typed facts that the Evaluator writes beside its figures."""

from __future__ import annotations

import dataclasses

from components.gates import AT_LEAST, CHANGE, Failure

BETTER, WORSE, NOISE = "better", "worse", "not more than noise"


@dataclasses.dataclass(frozen=True)
class Threshold:
    """A bound, and what was measured.

    Attributes:
        name: of the gate among the settings, such as `class_accuracy`.
        metric: the figure that it is on.
        slice: such as `label=8`, or `overall`.
        kind: `at least`, `at most`, or `change` (against the last blessed model).
        value: what was measured, in the figure's unit, of a change the difference; None when it
            could not be.
        low: the lower end of the value's 95 % interval; None where it is not known.
        high: the upper end.
        bound: what is needed; of a change what is allowed, with its sign.
        examples: how many Examples the slice has.
        baseline: the figure of the last blessed model; None without one, or where it has none.
        passed: whether the gate let it pass.
        words: what a reader has to know besides, such as that a change is not more than noise.
        falls: of a change, whether a smaller value is a better one, which a bound of 0 does not
            tell.
    """

    name: str
    metric: str
    slice: str
    kind: str
    value: float | None
    low: float | None
    high: float | None
    bound: float
    examples: int
    baseline: float | None = None
    passed: bool = True
    words: str = ""
    falls: bool = False

    @property
    def rises(self) -> bool:
        """Whether a larger value is a better one."""
        return self.kind == AT_LEAST or (self.kind == CHANGE and not self.falls)

    @property
    def margin(self) -> float | None:
        """How far the value is on the good side of its bound; negative on the bad side."""
        if self.value is None:
            return None
        return self.value - self.bound if self.rises else self.bound - self.value

    @property
    def unsure(self) -> bool:
        """Whether the 95 % interval holds the bound: other images could have said otherwise."""
        return self.low is not None and self.high is not None and self.low < self.bound < self.high


def of_failure(failure: Failure) -> Threshold:
    """A bound of which only the failure is known: it has no name, and no interval."""
    return Threshold(
        name="",
        metric=failure.metric,
        slice=failure.slice,
        kind=failure.kind,
        value=failure.value,
        low=None,
        high=None,
        bound=failure.bound or 0.0,
        examples=failure.examples,
        passed=False,
        words=failure.words,
    )


@dataclasses.dataclass(frozen=True)
class Paired:
    """A figure beside that of the last blessed model, on the same Examples.

    Attributes:
        metric: the figure, the mean of one number an Example.
        slice: such as `label=8`, or `overall`.
        examples: how many there are.
        value: of the candidate.
        baseline: of the last blessed model.
        low: the lower end of the 95 % interval of the change, value - baseline.
        high: the upper end.
        p: how likely a difference as large as this is if there is none, from 0 to 1.
        test: the name of the test that p is of.
        verdict: `better`, `worse` or `not more than noise`, of the candidate.
        lost: of what is right or wrong, the Examples that only the last blessed model had right;
            None of other figures.
        won: those that only the candidate had right.
    """

    metric: str
    slice: str
    examples: int
    value: float
    baseline: float
    low: float
    high: float
    p: float
    test: str
    verdict: str
    lost: int | None = None
    won: int | None = None

    @property
    def change(self) -> float:
        return self.value - self.baseline
