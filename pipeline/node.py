"""Runs ONE node of a compiled pipeline, and says what became of it.

The local runner calls this for each node in turn; a pod calls it for one. What is tested here is
what runs there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from components.gates import Refusal
from pipeline.metadata import store as metadata_store
from pipeline.outcome import Outcome, words

_log = logging.getLogger(__name__)
_Execution = metadata_store_pb2.Execution


def set_run_id(ir: pipeline_pb2.Pipeline, run_id: str) -> None:
    """Puts the id of this run into a compiled pipeline, in place."""
    runtime_parameter_utils.substitute_runtime_parameter(
        ir, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )


def open_store(ir: pipeline_pb2.Pipeline) -> metadata_store.Handle:
    """Gives a handle on the metadata store that a compiled pipeline names."""
    return metadata_store.Handle(_connection(ir))


def run_node(
    ir: pipeline_pb2.Pipeline, node_id: str, operators: Mapping[Any, Any] | None = None
) -> Outcome:
    """Runs one node: its driver, its executor, its publisher.

    Args:
        ir: the compiled pipeline, or as much of it as this node needs; the run id is set.
        node_id: which node.
        operators: who runs executors instead of TFX's own, by the kinds of their specifications.

    Returns:
        Its outcome, by the state that the metadata store holds: a launcher that returns has not
        always succeeded.

    Raises:
        KeyError: when the pipeline has no such node.
    """
    found = {n.pipeline_node.node_info.id: n.pipeline_node for n in ir.nodes}
    if node_id not in found:
        raise KeyError(f"the pipeline has no node '{node_id}'")
    deployment = runner_utils.extract_local_deployment_config(ir)
    started = time.monotonic()
    execution_id, reason = 0, ""
    refused: Refusal | None = None
    try:
        info = launcher.Launcher(
            pipeline_node=found[node_id],
            mlmd_connection=open_store(ir),
            pipeline_info=ir.pipeline_info,
            pipeline_runtime_spec=ir.runtime_spec,
            executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
            custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
            custom_executor_operators=dict(operators or {}),
        ).launch()
        execution_id = info.execution_id if info else 0
    except Refusal as refusal:
        refused = refusal
    except Exception as error:  # whatever a component raises is this node's failure, not ours
        _log.exception("%s failed", node_id)
        reason = words(error, ir.runtime_spec.pipeline_root.field_value.string_value)
    seconds = time.monotonic() - started
    if refused:
        return Outcome(node_id, "refused", seconds, 0, str(refused), refused.failures)
    if reason or not execution_id:
        return Outcome(node_id, "failed", seconds, reason=reason or "it was not executed")
    with open_store(ir) as handle:
        [execution] = handle.store.get_executions_by_id([execution_id])
    state = state_of(execution)
    if state == "failed":
        reason = "its inputs could not be found; the log says which"
    return Outcome(node_id, state, seconds, execution_id, reason)


def state_of(execution: metadata_store_pb2.Execution) -> str:
    """Says done, cached or failed of an execution; whatever has not succeeded has failed."""
    states = {_Execution.COMPLETE: "done", _Execution.CACHED: "cached"}
    return states.get(execution.last_known_state, "failed")


def killed_executions(store: mlmd.MetadataStore) -> list[metadata_store_pb2.Execution]:
    """Those that a killed run left behind, by whom alone the store was being used."""
    return [
        execution
        for execution in store.get_executions()
        if execution.last_known_state in (_Execution.NEW, _Execution.RUNNING)
    ]


def cancel(store: mlmd.MetadataStore, executions: list[metadata_store_pb2.Execution]) -> None:
    """Marks executions as canceled."""
    for execution in executions:
        execution.last_known_state = _Execution.CANCELED
    if executions:
        store.put_executions(executions)


def _connection(ir: pipeline_pb2.Pipeline) -> metadata.ConnectionConfigType:
    config = runner_utils.extract_local_deployment_config(ir).metadata_connection_config
    return getattr(config, config.WhichOneof("connection_config"))
