"""Gathers what a run found."""

from __future__ import annotations

from collections.abc import Sequence

from components.results.facts import (
    read_evaluation,
    read_pushed,
    read_training,
    read_tuning,
)
from components.results.folds import read_folds
from components.results.summary import Summary, Verdict
from pipeline import unchanged
from pipeline.belonging import changed_since
from pipeline.outcome import Finished
from pipeline.settings import Settings, to_plain
from pipeline.verdict import read_records


def summarize(
    settings: Settings,
    finished: Sequence[Finished],
    verdict: Verdict,
    run_id: str = "",
    source: str = "",
) -> Summary:
    """Gathers what a run found, of as many nodes as there are.

    Args:
        settings: what was run.
        finished: its nodes, in order.
        verdict: how it ended.
        run_id: the run's name.
        source: a hash of the code, if it is known already.

    Raises:
        BadFacts: what a node wrote is of another version of the project.
    """
    outputs = {node.outcome.node_id: node.outputs for node in finished if node.outcome.ok}
    fruitless = {node.outcome.node_id for node in finished if node.refused}
    pushed = read_pushed(outputs["Pusher"]).path if "Pusher" in outputs else ""
    return Summary(
        verdict=verdict,
        run=run_id,
        pushed=pushed or None,
        nodes=tuple(node.node for node in finished),
        gates=tuple(read_records(finished)),
        seconds=round(sum(node.outcome.seconds for node in finished), 1),
        settings=to_plain(settings),
        data_changed=changed_since(settings, run_id),
        seed=settings.seed,
        source=source or unchanged.code(settings.family),
        versions=unchanged.versions(),
        tuning=read_tuning(outputs["Tuner"]) if "Tuner" in outputs.keys() - fruitless else None,
        folds=read_folds(outputs["CrossValidator"], outputs.get("FoldsGate"))
        if "CrossValidator" in outputs
        else None,
        training=read_training(outputs["Trainer"], settings.output)
        if "Trainer" in outputs
        else None,
        evaluation=read_evaluation(outputs["Evaluator"]) if "Evaluator" in outputs else None,
    )
