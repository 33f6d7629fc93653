"""What became of a node. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from components.gates import Failure, find_records
from components.results.facts import Outputs
from components.results.summary import Node
from pipeline import disk
from pipeline.nodes import BY_ID
from pipeline.sources import PACKAGES


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a node.

    Attributes:
        node_id: such as `Trainer`.
        state: done | cached | refused | failed.
        seconds: wall time.
        execution_id: in the metadata store; 0 when it never got that far.
        reason: why it was refused or failed, in a sentence or two; else empty.
        failures: what the gate found that refused.
    """

    node_id: str
    state: str
    seconds: float
    execution_id: int = 0
    reason: str = ""
    failures: tuple[Failure, ...] = ()

    @property
    def ok(self) -> bool:
        return self.state in ("done", "cached")


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a node stands among the others, and where what it gave comes from.

    Attributes:
        after: the nodes that it waited for.
        took: the seconds that making its outputs took, in whichever run.
        versions: of the libraries that made them, where they are others now.
        folders: of its outputs by their names, below the output folder.
    """

    after: tuple[str, ...] = ()
    took: float = 0.0
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    folders: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Finished:
    """A node that has run: what became of it, its headline, what it wrote, and its origin."""

    outcome: Outcome
    headline: str
    outputs: Outputs
    origin: Origin = Origin()

    @property
    def refused(self) -> tuple[Failure, ...]:
        """Why nothing can be done with what it made, although it did all that it could."""
        row = BY_ID.get(self.outcome.node_id)
        if row is None or not row.final:
            return ()
        return tuple(one for record in find_records(self.outputs) for one in record.failures)

    @property
    def ends(self) -> bool:
        """Whether nothing may run after it."""
        return not self.outcome.ok or bool(self.refused)

    @property
    def node(self) -> Node:
        """The same as a fact."""
        outcome, origin = self.outcome, self.origin
        return Node(
            outcome.node_id,
            outcome.state,
            round(outcome.seconds, 1),
            self.headline,
            after=origin.after,
            took=round(origin.took, 1),
            versions=origin.versions,
            outputs=origin.folders,
        )


def words(error: BaseException, *folders: str | Path) -> str:
    """An error in a sentence or two; of one that is not ours, with its kind.

    Args:
        error: whatever was raised.
        folders: that were written to, for an error of a disk that does not say where.
    """
    if told := disk.fault(error, *folders):
        return told
    text = " ".join(str(error).strip().splitlines()[:2])[:400]
    ours = type(error).__module__.partition(".")[0] in PACKAGES
    return text if ours and text else f"{type(error).__name__}: {text}"
