"""How a run ended, decided from what its nodes and its gates said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from components.gates import Failure, Record, describe, find_records
from components.results.facts import read_pushed
from components.results.summary import JUDGED, Verdict
from pipeline.exit_codes import ExitCode
from pipeline.outcome import Finished


def end(code: ExitCode, reason: str = "", failures: Iterable[Failure] = ()) -> Verdict:
    """Makes a verdict of an exit code: its outcome is the code's name."""
    return Verdict(code.name.lower(), int(code), reason, tuple(failures))


def refusal(failures: Iterable[Failure]) -> Verdict:
    """Makes a verdict of what gates found; at least one failure."""
    failures = tuple(failures)
    return end(ExitCode.REFUSED, describe(failures), failures)


def decide(finished: Sequence[Finished], expected: Sequence[str] = ()) -> Verdict:
    """Decides how a run ended whose nodes have done what they could.

    Args:
        finished: its nodes, in order; one may have failed or refused.
        expected: the names of all nodes; one that is missing has failed somewhere else. Without
            the Pusher, all is done when the model is judged.

    Raises:
        BadFacts: what a gate wrote is of another version of the project.
    """
    if ended := next((node for node in finished if node.ends), None):
        return _ended_by(ended)
    there = {node.outcome.node_id: node.outputs for node in finished}
    if "Pusher" in there and (path := read_pushed(there["Pusher"]).path):
        return end(ExitCode.PUSHED, path)
    records = read_records(finished)
    missing = [name for name in expected if name not in there]
    # A gate that fails its node leaves its record all the same; without one, a missing node broke.
    weighed = [record for record in records if not missing or record.gate in missing]
    failures = [failure for record in weighed for failure in record.failures]
    if failures:
        return refusal(failures)
    if missing:
        return end(ExitCode.FAILED, f"this run has no result for {', '.join(missing)}")
    if expected and "Pusher" not in expected:
        return Verdict(JUDGED, int(ExitCode.PUSHED), "the median of its series is what is pushed")
    return end(ExitCode.FAILED, "nothing was pushed, although no gate refused the model")


def read_records(finished: Iterable[Finished]) -> list[Record]:
    """Reads what every gate said, in the order of the nodes; of a gate once."""
    records = {record.gate: record for node in finished for record in find_records(node.outputs)}
    return list(records.values())


def _ended_by(node: Finished) -> Verdict:
    outcome = node.outcome
    if node.refused:
        return refusal(node.refused)
    if outcome.state == "refused":
        return end(ExitCode.REFUSED, outcome.reason, outcome.failures)
    return end(ExitCode.FAILED, f"{outcome.node_id}: {outcome.reason}")
