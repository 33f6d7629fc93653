"""How a run ended, for the last task: what the pod said that ended it, or which pod said nothing.

A pod knows best why it ends a run: the error, or the gate's sentence. It writes that into the run's
own summary, where the last task finds it; the metadata store would only say that something is
missing.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection
from typing import TYPE_CHECKING

from components.results.stored import BadFacts
from components.results.summary import Node, Verdict, read_summary
from pipeline import belonging
from pipeline.exit_codes import ExitCode
from pipeline.run_folder import UNFINISHED, RunFolder
from pipeline.settings import BadSetting, Settings
from pipeline.verdict import decide, end

if TYPE_CHECKING:
    from pipeline.place import Place
    from pipeline.run import Run

_ENDS = ("failed", "refused")
_SILENT = "came to no end: the pod was killed, or never started; its page in KFP's UI may say why"


def write_down(
    settings: Settings, lasting: Place, run_id: str, node_id: str, reason: str, task: bool
) -> None:
    """Writes down that a pod failed before its node could, as the end of its own run.

    Args:
        settings: of the run.
        lasting: where its files last.
        run_id: its name.
        node_id: of the pod's node.
        reason: in a sentence.
        task: it is no node of the pipeline; what another pod has told stands.
    """
    with contextlib.suppress(BadFacts, BadSetting, OSError):  # the pod's log has it all the same
        folder = RunFolder(settings, run_id)
        lasting.open(folder)
        belonging.claim(settings)
        folder.begin()
        summary = read_summary(folder.summary)
        if task and summary.verdict.outcome != UNFINISHED:
            return
        verdict = end(ExitCode.FAILED, reason if task else f"{node_id}: {reason}")
        row = () if task else (Node(node_id, "failed", 0.0, reason),)
        others = (node for node in summary.nodes if node.node != node_id)
        folder.write(dataclasses.replace(summary, verdict=verdict, nodes=(*others, *row)))
        lasting.keep(folder, ended=True)


def verdict(run: Run) -> Verdict | None:
    """The verdict on a run that ended early, as far as its pods have told; else None.

    A record that a gate left is for `pipeline.verdict.decide`.

    Args:
        run: entered.
    """
    finished = run.finished()
    there = {node.outcome.node_id for node in finished}
    missing = [name for name in run.node_ids if name not in there]
    if not missing:
        return None
    if told := _told(run.folder, missing):
        return told
    if decide(finished, run.node_ids).exit_code != ExitCode.FAILED:
        return None
    upstream = {
        node.pipeline_node.node_info.id: set(node.pipeline_node.upstream_nodes)
        for node in run.ir.nodes
    }
    first = [name for name in missing if not upstream[name] & set(missing)]
    return end(ExitCode.FAILED, f"{', '.join(first)} {_SILENT}")


def _told(folder: RunFolder, missing: Collection[str]) -> Verdict | None:
    """What a pod wrote down, unless its node has succeeded since, in another try."""
    try:
        summary = read_summary(folder.summary)
    except (BadFacts, OSError):
        return None
    ended = {node.node for node in summary.nodes if node.state in _ENDS}
    stands = summary.verdict.outcome in _ENDS and ended & set(missing)
    return summary.verdict if stands else None
