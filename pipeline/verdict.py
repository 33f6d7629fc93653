"""How a run ended, and why, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow_model_analysis as tfma
from ml_metadata.proto import metadata_store_pb2

from pipeline.exit_codes import ExitCode
from pipeline.results import number

PUSHED, REFUSED, FAILED = "pushed", "refused", "failed"
EXIT_CODES = {PUSHED: ExitCode.PUSHED, REFUSED: ExitCode.REFUSED, FAILED: ExitCode.FAILED}


@dataclasses.dataclass(frozen=True)
class Failure:
    """A threshold that was not met.

    Attributes:
        metric: such as `accuracy`.
        slice: such as `label=8`, or `overall`.
        value: what was measured; None when there was nothing to measure.
        kind: `at least`, `at most`, or `change`: against the last blessed model.
        bound: what was needed.
        examples: how many Examples the slice has.
    """

    metric: str
    slice: str
    value: float | None
    kind: str
    bound: float
    examples: int

    @property
    def shortfall(self) -> float:
        """How far the value is from the bound, as a part of the bound."""
        if self.value is None or not self.bound:
            return float("inf")
        return abs(self.value - self.bound) / abs(self.bound)

    def __str__(self) -> str:
        where = "" if self.slice == "overall" else f" on {self.slice}"
        examples = f"({self.examples:,} examples)"
        if self.value is None:
            return f"{self.metric}{where} could not be measured {examples}"
        if self.kind == "change":
            return (
                f"{self.metric}{where} changed by {self.value:+.4g} from the last blessed model, "
                f"where {self.bound:+.4g} is allowed {examples}"
            )
        allowed = "needs" if self.kind == "at least" else "may be"
        return f"{self.metric}{where} is {self.value:.4g}, {allowed} {self.bound:g} {examples}"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The end of a run: pushed, refused by a gate, or failed."""

    outcome: str
    reason: str = ""
    failures: tuple[Failure, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        return EXIT_CODES[self.outcome]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}" if self.reason else self.outcome


def read_failures(evaluation_uri: str, examples: Mapping[str, int]) -> list[Failure]:
    """Reads which thresholds a model did not meet.

    Args:
        evaluation_uri: the Evaluator's output.
        examples: how many Examples each slice has.

    Returns:
        The failures: overall first, then by slice.
    """
    result = tfma.load_validation_result(evaluation_uri)
    found = []
    for validation in result.metric_validations_per_slice:
        where = _slice_name(validation.slice_key)
        for failure in validation.failures:
            kind, bound = _bound(failure.metric_threshold)
            missing = failure.message == "Metric not found."
            found.append(
                Failure(
                    metric=failure.metric_key.name,
                    slice=where,
                    value=None if missing else number(failure.metric_value.double_value.value),
                    kind=kind,
                    bound=bound,
                    examples=examples.get(where, 0),
                )
            )
    return sorted(found, key=lambda f: (f.slice != "overall", f.slice, f.metric))


def refusal(failures: Iterable[Failure]) -> Verdict:
    """Makes a verdict of failed thresholds: in words the first and the worst slice's, then a count.

    Args:
        failures: at least one, as `read_failures` sorts them.
    """
    failures = tuple(failures)
    slices = [failure for failure in failures[1:] if failure.slice != "overall"]
    named = [failures[0], *sorted(slices, key=lambda f: -f.shortfall)[:1]]
    more = f" and {len(failures) - len(named)} more" if len(failures) > len(named) else ""
    return Verdict(REFUSED, "; ".join(map(str, named)) + more, failures)


def pushed_path(pushed_model: metadata_store_pb2.Artifact) -> str:
    """Where the Pusher put the model; empty when it did not push."""
    properties: Any = pushed_model.custom_properties
    if not properties["pushed"].int_value:
        return ""
    return properties["pushed_destination"].string_value


def _slice_name(key: Any) -> str:
    parts = []
    for single in key.single_slice_keys:
        value = getattr(single, single.WhichOneof("kind"))
        parts.append(f"{single.column}={value.decode() if isinstance(value, bytes) else value}")
    return ",".join(parts) or "overall"


def _bound(threshold: Any) -> tuple[str, float]:
    if threshold.HasField("change_threshold"):
        return "change", threshold.change_threshold.absolute.value
    value = threshold.value_threshold
    if value.HasField("lower_bound"):
        return "at least", value.lower_bound.value
    return "at most", value.upper_bound.value
