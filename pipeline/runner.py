"""Runs the whole pipeline on this machine, node by node, and says how it ended."""

from __future__ import annotations

import datetime
import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import ml_metadata as mlmd
from tfx.dsl.compiler import compiler
from tfx.proto.orchestration import pipeline_pb2

from components.pushed import forget_lost_pushes
from components.results.headlines import headline
from components.results.summary import Verdict, write_summary
from modules import families
from modules.contract.values import unknown
from modules.training import progress, unfinished
from pipeline import node as nodes
from pipeline.config_file import write_toml
from pipeline.dag import create_pipeline
from pipeline.screen import Screen
from pipeline.settings import BadSetting, Settings
from pipeline.summary import Finished, summarize
from pipeline.verdict import decide

_log = logging.getLogger(__name__)

# Nodes whose unfinished work is kept between runs; running one anew must forget it.
_RESUMABLE = ("Tuner", "Trainer")


def run(settings: Settings, screen: Screen, anew: str | None = None) -> Verdict:
    """Runs every node in order, up to the first that fails or refuses.

    Args:
        settings: what to run; the caller has checked the data and holds the output folder.
        screen: where progress goes.
        anew: take nothing from the cache from this node on; `all` for the whole pipeline.

    Returns:
        How it ended; the same is in summary.json.

    Raises:
        BadSetting: a hyperparameter or a node that does not exist.
    """
    try:
        families.check(settings.family, settings.hyperparameters)
    except ValueError as error:
        raise BadSetting(str(error)) from error
    ir = compiler.Compiler().compile(create_pipeline(settings))
    nodes.set_run_id(ir, datetime.datetime.now(datetime.timezone.utc).isoformat())
    for name in _forget(ir, anew):
        if name in _RESUMABLE:
            shutil.rmtree(settings.state / name.lower(), ignore_errors=True)
    write_toml(settings, settings.settings_file)
    settings.summary.unlink(missing_ok=True)  # it would tell of another run if this one is killed
    os.environ[unfinished.VARIABLE] = str(settings.state)

    finished: list[Finished] = []
    with nodes.open_store(ir) as handle:
        if settings.metadata_store is None:  # in another store, other runs may be at work
            _clear_unfinished(handle.store, settings)
        forget_lost_pushes(handle.store)
        for node_id in node_ids(ir):
            node = run_shown(ir, node_id, handle.store, screen)
            finished.append(node)
            if not node.outcome.ok:
                break
            if node.outcome.state == "done" and node_id in _RESUMABLE:
                shutil.rmtree(settings.state / node_id.lower(), ignore_errors=True)
    verdict = decide(finished)
    write_summary(settings.summary, summarize(settings, finished, verdict))
    return verdict


def run_shown(
    ir: pipeline_pb2.Pipeline, node_id: str, store: mlmd.MetadataStore, screen: Screen
) -> Finished:
    """Runs one node, here or in a pod, with its progress and its end on the screen.

    Args:
        ir: the compiled pipeline; the run id is set.
        node_id: which node.
        store: the metadata store, to read its outputs from.
        screen: where progress goes.

    Returns:
        What became of it; its headline is the reason when it did not succeed.
    """
    screen.start(node_id)
    with progress.listen(screen.report):
        outcome = nodes.run_node(ir, node_id)
    outputs, line = {}, outcome.reason
    if outcome.ok:
        outputs = nodes.output_artifacts(store, outcome.execution_id)
        line = headline(node_id, outputs)
    screen.finish(node_id, outcome.state, outcome.seconds, line)
    return Finished(outcome, line, outputs)


def node_ids(ir: pipeline_pb2.Pipeline) -> list[str]:
    """The nodes of a compiled pipeline, in an order in which they can run."""
    return [node.pipeline_node.node_info.id for node in ir.nodes]


def _forget(ir: pipeline_pb2.Pipeline, anew: str | None) -> Iterable[str]:
    """Switches the cache off for a node and all that depends on it; returns their names."""
    names = node_ids(ir)
    if anew is None:
        return []
    if anew == "all":
        chosen = set(names)
    elif anew in names:
        chosen = {anew}
    else:
        raise BadSetting(unknown("node", anew, names))
    for node in ir.nodes:  # in order: what stands upstream has been seen before
        options = node.pipeline_node
        name = options.node_info.id
        if name in chosen or chosen.intersection(options.upstream_nodes):
            chosen.add(name)
            options.execution_options.caching_options.enable_cache = False
    return chosen


def _clear_unfinished(store: mlmd.MetadataStore, settings: Settings) -> None:
    """Removes what a killed run left half-written; nothing else can be using the folder now."""
    for execution_id in nodes.cancel_unfinished(store):
        _log.warning("execution %d was killed; its outputs are removed", execution_id)
        for folder in Path(settings.output, "artifacts").glob(f"*/*/*/{execution_id}"):
            shutil.rmtree(folder, ignore_errors=True)
