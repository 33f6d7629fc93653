"""The one form in which any gate says no.

A gate writes a record beside what it judged: which demands were not met, and none when it says
yes. The verdict reads every record the same way, whichever gate wrote it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from components.results.stored import read_facts
from modules.util.files import write_json
from modules.util.plain import to_json

FILE = "gate.json"
OVERALL = "overall"  # the slice that is the whole
NO_GATES = "no gates"
AT_LEAST, AT_MOST, CHANGE, MUST = "at least", "at most", "change", "must"
EVALUATOR = "Evaluator"  # the gate that has bounds


@dataclasses.dataclass(frozen=True)
class Failure:
    """A demand that was not met.

    Attributes:
        gate: the node that demands it, such as `Evaluator`.
        metric: such as `accuracy`; of data, the feature; of a served model, the signature.
        slice: such as `label=8`, a split's name, or `overall`.
        value: what was measured; None when there was nothing to measure.
        kind: `at least`, `at most`, `change` (against the last blessed model), or `must`: words
            say what is wrong.
        bound: what was needed; None where words say it.
        examples: how many Examples the slice has; 0 where they are not counted.
        words: what the numbers do not tell; without numbers, metric, slice and words are a
            sentence.
        low: the lower end of a change's 95 % interval; None where it is not known.
        high: the upper end.
    """

    gate: str
    metric: str
    slice: str
    value: float | None
    kind: str
    bound: float | None
    examples: int
    words: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def shortfall(self) -> float:
        """How far the value is from the bound, as a part of the bound."""
        if self.value is None or not self.bound:
            return float("inf")
        return abs(self.value - self.bound) / abs(self.bound)

    def __str__(self) -> str:
        where = "" if self.slice == OVERALL else f" on {self.slice}"
        if self.kind == MUST:
            return f"{self.metric}{where} {self.words}"
        words = f": {self.words}" if self.words else ""
        examples = f"({self.examples:,} examples{words})"
        if self.value is None:
            return f"{self.metric}{where} could not be measured {examples}"
        if self.kind == CHANGE:
            known = self.low is not None and self.high is not None
            sure = f"(95 % interval {self.low:+.4g} to {self.high:+.4g}) " if known else ""
            return (
                f"{self.metric}{where} changed by {self.value:+.4g} {sure}from the last blessed "
                f"model, where {self.bound:+.4g} is allowed {examples}"
            )
        allowed = "needs" if self.kind == AT_LEAST else "may be at most"
        return f"{self.metric}{where} is {self.value:.4g}, {allowed} {self.bound:g} {examples}"


def broken_off(gate: str, metric: str, why: str) -> Failure:
    """What a node says whose model cannot be trained.

    Args:
        gate: the node.
        metric: what was broken off, such as "training".
        why: in a sentence, of which the metric may be the first word.
    """
    _, about, words = why.partition(f"{metric} ") if why.startswith(metric) else ("", "", why)
    return Failure(gate, metric, OVERALL, None, MUST, None, 0, words if about else f"ended: {why}")


def no_gates(gate: str) -> Failure:
    """What a gate says of data that nobody has set bounds for."""
    words = "for this dataset; what its model reached is proposed as such"
    return Failure(gate, NO_GATES, OVERALL, None, MUST, None, 0, words)


@dataclasses.dataclass(frozen=True)
class Record:
    """What a gate said.

    Attributes:
        gate: the node that asks.
        passed: whether it let the model or the data pass.
        failures: what was not met; none of a gate that let pass.
    """

    gate: str
    passed: bool
    failures: tuple[Failure, ...] = ()


class Refusal(Exception):
    """A gate's no that stops the run.

    The node counts as failed in the metadata store, so that the gate is asked again next time, and
    the run ends as refused, not as broken.
    """

    def __init__(self, failures: Iterable[Failure]) -> None:
        self.failures = tuple(failures)
        super().__init__(describe(self.failures))


def describe(failures: Sequence[Failure]) -> str:
    """Says why a gate refuses: the first failure and that of the worst slice, then a count.

    Args:
        failures: at least one, in the order of their weight.
    """
    slices = [failure for failure in failures[1:] if failure.slice != OVERALL]
    named = [failures[0], *sorted(slices, key=lambda f: -f.shortfall)[:1]]
    more = f" and {len(failures) - len(named)} more" if len(failures) > len(named) else ""
    return "; ".join(map(str, named)) + more


def write_record(folder: str | Path, gate: str, failures: Iterable[Failure]) -> None:
    """Writes what a gate said into an artifact's folder, all or nothing.

    Args:
        folder: of the gate's own artifact or, for a gate that has none, of what it judged.
        gate: the node's name.
        failures: none when it says yes.
    """
    failures = tuple(failures)
    write_json(Path(folder, FILE), to_json(Record(gate, not failures, failures)))


def read_record(folder: str | Path) -> Record:
    """Reads what a gate said.

    Raises:
        BadFacts: there is no record, or one of another version of the project.
    """
    return read_facts(Record, Path(folder, FILE))


def find_records(outputs: Mapping[str, Sequence[Any]]) -> list[Record]:
    """Reads what gates have said beside the outputs of a node; often nothing.

    Args:
        outputs: ml_metadata's artifacts, by the output's name.

    Raises:
        BadFacts: a record is of another version of the project.
    """
    folders = {artifact.uri for artifacts in outputs.values() for artifact in artifacts}
    return [read_record(uri) for uri in sorted(folders) if Path(uri, FILE).is_file()]
