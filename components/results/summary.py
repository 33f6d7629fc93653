"""summary.json: everything about a run that a person or a program may want to know."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.gates import Failure, Record
from components.results.facts import Evaluation, Training, Tuning
from components.results.folds import Folds
from components.results.judged import Threshold
from components.results.rival import Rival
from components.results.series import Series
from components.results.stored import BadFacts, read_facts
from modules.util.files import write_json
from modules.util.plain import to_json

FILE = "summary.json"
JUDGED = "judged"  # the outcome of one of several seeds, which is not pushed by itself


@dataclasses.dataclass(frozen=True)
class Verdict:
    """How a run ended, and why.

    Attributes:
        outcome: the name of its exit code in small letters: pushed, refused, failed ...
        exit_code: what the command ended with.
        reason: where the model was pushed to, or what stood in the way, in words.
        failures: of the gates that refused.
    """

    outcome: str
    exit_code: int
    reason: str = ""
    failures: tuple[Failure, ...] = ()

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}" if self.reason else self.outcome


@dataclasses.dataclass(frozen=True)
class Node:
    """What became of a node.

    Attributes:
        node: its name.
        state: done, cached, refused or failed.
        seconds: that it took in this run; of a cached one, to find that out.
        headline: a line of what it found.
        after: the nodes whose outputs it reads, or that it waits for.
        took: the seconds that making its outputs took, in whichever run; those, where it is cached.
        versions: of the libraries that made its outputs, where they are not those of this run.
        outputs: the folder of each of its outputs, below the output folder, by the output's name.
    """

    node: str
    state: str
    seconds: float
    headline: str
    after: tuple[str, ...] = ()
    took: float = 0.0
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    outputs: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Summary:
    """A run, as far as it came.

    Attributes:
        verdict: how it ended.
        run: its name; empty when nobody gave it one.
        pushed: the folder of the pushed model; None when there is none.
        nodes: in the order in which they ran.
        gates: what each gate said.
        seconds: that all nodes took, in this run.
        settings: all of them, as plain values; docs/settings.md says what they mean.
        data_changed: in words, when the data are not those of the last run; else empty.
        seed: of the run.
        source: a hash of the code.
        versions: of Python and of the libraries, by their names.
        tuning: the search; None without one, or when it found nothing.
        folds: the cross-validation of the tuned configuration; None without one.
        training: how the model was trained; None when it did not come so far.
        evaluation: what was measured of it; None as above.
        command: as a person typed it, ready to be pasted; empty where nobody did, as in a pod.
        series: what several seeds came to, of the run that pushed the median one; else None.
        forest: of a classifier, the newest forest of the same data and output that was pushed when
            the run ended, and by how much it is beaten; None where there was none.
    """

    verdict: Verdict
    run: str = ""
    pushed: str | None = None
    nodes: tuple[Node, ...] = ()
    gates: tuple[Record, ...] = ()
    seconds: float = 0.0
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    data_changed: str = ""
    seed: int = 0
    source: str = ""
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tuning: Tuning | None = None
    training: Training | None = None
    evaluation: Evaluation | None = None
    command: str = ""
    series: Series | None = None
    folds: Folds | None = None
    forest: Rival | None = None

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """All that have been asked, of the model and of its folds."""
        of_model = self.evaluation.thresholds if self.evaluation else ()
        of_folds = self.folds.threshold if self.folds else None
        return (*of_model, of_folds) if of_folds else of_model

    def folder_of(self, name: str, output: Path) -> Path | None:
        """The folder of a node's output.

        Args:
            name: of the output; of several nodes' the first one's.
            output: the folder that the run wrote to, where it is now.

        Returns:
            None when the run did not come so far.
        """
        found = (node.outputs[name] for node in self.nodes if name in node.outputs)
        place = next(found, None)
        return None if place is None else output / place


def write_summary(file: Path, summary: Summary) -> None:
    """Writes summary.json, whole or not at all."""
    write_json(file, to_json(summary))


def read_summary(file: Path) -> Summary:
    """Reads a summary.json.

    Raises:
        BadFacts: it is not there, or was written by another version of the project.
    """
    return read_facts(Summary, file)


def find_summaries(output: Path, run: str = "") -> list[Path]:
    """Finds the summaries of an output folder.

    Args:
        output: the folder that runs write to.
        run: its name; empty for the newest run of each model.

    Returns:
        At least one file, the newest last.

    Raises:
        BadFacts: there is none.
    """
    models = sorted(path for path in output.glob("*") if path.is_dir())
    found = [model / run / FILE for model in models if (model / run / FILE).is_file()]
    if found:
        return sorted(found, key=lambda file: file.stat().st_mtime)
    if not run:
        raise BadFacts(f"there is no summary of a run in {output}")
    runs = sorted({file.parent.name for file in output.glob(f"*/*/{FILE}")})
    known = f"choose {', '.join(runs)}" if runs else "there is none"
    raise BadFacts(f"unknown run '{run}' in {output}; {known}")
