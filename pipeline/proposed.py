"""What a run without gates hands over: the gates that it proposes, and how to accept them.

OUTPUT/MODEL/RUN/gates.toml    for --gates
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterable
from pathlib import Path

from components.gates import NO_GATES, describe
from components.proposal import FILE, of_folds
from components.results.folds import read_judged
from components.results.summary import Verdict
from modules.util.files import write_text
from pipeline.outcome import Finished
from pipeline.run_folder import RunFolder


def lacks_gates(verdict: Verdict) -> bool:
    """Whether it was for want of gates that nothing was pushed."""
    return any(failure.metric == NO_GATES for failure in verdict.failures)


def hand_over(folder: RunFolder, verdict: Verdict, finished: Iterable[Finished]) -> Verdict:
    """Copies what a run proposes into its folder.

    Args:
        folder: of the run.
        verdict: of the run.
        finished: its nodes.

    Returns:
        The verdict; of a run without gates, with a reason that names the file.
    """
    if not lacks_gates(verdict):
        return verdict
    outputs = {node.outcome.node_id: node.outputs for node in finished}
    found = Path(outputs["Evaluator"]["evaluation"][0].uri, FILE)
    folds = read_judged(outputs["FoldsGate"]).proposed if "FoldsGate" in outputs else None
    more = "" if folds is None else of_folds(folds)
    return copy(folder, verdict, found, more)


def copy(folder: RunFolder, verdict: Verdict, found: Path, more: str = "") -> Verdict:
    """Copies a proposal into a run's folder, with more lines, and names the copy in the verdict.

    Raises:
        OSError: it cannot be read or written.
    """
    write_text(folder.gates, found.read_text(encoding="utf-8") + more)
    return dataclasses.replace(verdict, reason=_reason(folder, verdict))


def command(folder: RunFolder) -> str:
    """The command that accepts what a run proposes: its own, with the gates."""
    return f"{folder.command} {shlex.join(('--gates', str(folder.gates)))}"


def _reason(folder: RunFolder, verdict: Verdict) -> str:
    settings = folder.settings
    words = "no gates for this dataset"
    demanded = settings.evaluation.demanded
    lacking = [name for name in demanded if name not in settings.gates]
    if len(lacking) < len(demanded):
        words += f": {', '.join(lacking)} {'has' if len(lacking) == 1 else 'have'} no bound"
    words += f"; to accept what this model reached, use --gates {folder.gates}"
    others = [failure for failure in verdict.failures if failure.metric != NO_GATES]
    return f"{words}; {describe(others)}" if others else words
