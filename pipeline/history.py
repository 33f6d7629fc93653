"""What has become of a run's nodes, by the metadata store alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from tfx.proto.orchestration import pipeline_pb2

from pipeline import node as nodes
from pipeline.metadata.artifacts import outputs_of
from pipeline.nodes import BY_ID
from pipeline.outcome import Finished, Outcome


def finished_nodes(
    store: mlmd.MetadataStore,
    ir: pipeline_pb2.Pipeline,
    run_id: str,
    output: Path,
    fetch: Callable[[Iterable[Any]], None] = lambda _: None,
) -> list[Finished]:
    """Reads which nodes of a run have succeeded so far.

    Args:
        store: the metadata store.
        ir: the compiled pipeline.
        run_id: as it was given to `set_run_id`.
        output: the output folder.
        fetch: brings artifacts that are about to be read.

    Returns:
        Them, in the order of the pipeline; a second try takes the place of the first. Empty when
        the store does not know the run.
    """
    context = store.get_context_by_type_and_name("pipeline_run", run_id)
    if context is None:
        return []
    latest: dict[str, Any] = {}
    for execution in store.get_executions_by_context(context.id):
        found = _node_of(store, execution, ir.pipeline_info.id)
        if found and (found not in latest or latest[found].id < execution.id):
            latest[found] = execution
    names = (node.pipeline_node.node_info.id for node in ir.nodes)
    return [
        finished
        for name in names
        if name in latest and (finished := _finished(store, name, latest[name], output, fetch))
    ]


def last_completed(store: mlmd.MetadataStore, node: str) -> float:
    """When a node last came to its end, in seconds since 1970; 0 if it never has.

    Args:
        store: the metadata store.
        node: with the pipeline's name before it, as in `triptych-vae.Trainer`.
    """
    context = store.get_context_by_type_and_name("node", node)
    executions = store.get_executions_by_context(context.id) if context else []
    ends = (e.last_update_time_since_epoch for e in executions if nodes.state_of(e) == "done")
    return max(ends, default=0) / 1000


def _node_of(store: mlmd.MetadataStore, execution: Any, pipeline: str) -> str:
    for context in store.get_contexts_by_execution(execution.id):
        if context.type == "node":
            return context.name.removeprefix(f"{pipeline}.")
    return ""


def _finished(
    store: Any,
    name: str,
    execution: Any,
    output: Path,
    fetch: Callable[[Iterable[Any]], None],
) -> Finished | None:
    state = nodes.state_of(execution)
    if state == "failed":
        return None
    milliseconds = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    outcome = Outcome(name, state, milliseconds / 1000, execution.id)
    outputs = outputs_of(store, execution.id, output)
    fetch(artifact for artifacts in outputs.values() for artifact in artifacts)
    return Finished(outcome, BY_ID[name].headline(outputs) if name in BY_ID else "", outputs)
