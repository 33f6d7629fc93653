"""What the metadata store of an output folder says of its runs, as pruning needs it."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2

from pipeline.metadata.artifacts import OUTPUTS, blessed_by

_NAME = "triptych-"  # a pipeline is called so, with its family


@dataclasses.dataclass(frozen=True)
class PipelineRun:
    """A run that the store knows: its family, its name, and the ids of its executions."""

    family: str
    name: str
    executions: frozenset[int]


@dataclasses.dataclass(frozen=True)
class Lineage:
    """Runs and what they used.

    Attributes:
        runs: in the order of their names, which is that of time.
        artifacts: ml_metadata's, by id.
        used: the ids of the artifacts that each execution read or wrote.
        made: those that it wrote.
        cached: the executions that took theirs from the cache.
    """

    runs: tuple[PipelineRun, ...]
    artifacts: Mapping[int, Any]
    used: Mapping[int, set[int]]
    made: Mapping[int, set[int]]
    cached: frozenset[int]

    def used_by(self, run: PipelineRun) -> set[int]:
        """The ids of the artifacts that a run read or wrote, from the cache or not."""
        return {one for execution in run.executions for one in self.used.get(execution, ())}

    def blessed(self, family: str) -> dict[int, set[int]]:
        """A family's blessed models that there are, with the ids of blessings, newest first."""
        known = {one for run in self.runs if run.family == family for one in self.used_by(run)}
        found: dict[int, set[int]] = defaultdict(set)
        for ident in known:
            if model := blessed_by(self.artifacts[ident]):
                found[model].add(ident)
        return {model: found[model] for model in sorted(found, reverse=True) if self._live(model)}

    def _live(self, ident: int) -> bool:
        artifact = self.artifacts.get(ident)
        return artifact is not None and bool(artifact.state == artifact.LIVE)


def open_store(file: Path) -> mlmd.MetadataStore:
    """Opens the store that is a file, which is there."""
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    config.sqlite.connection_mode = config.sqlite.READWRITE
    return mlmd.MetadataStore(config)


def read(store: mlmd.MetadataStore) -> Lineage:
    """Reads all that the store knows."""
    executions = {one.id: one for one in store.get_executions()}
    used: dict[int, set[int]] = defaultdict(set)
    made: dict[int, set[int]] = defaultdict(set)
    for event in store.get_events_by_execution_ids(list(executions)) if executions else ():
        used[event.execution_id].add(event.artifact_id)
        if event.type in OUTPUTS:
            made[event.execution_id].add(event.artifact_id)
    runs = []
    pipelines = {
        context.name.removeprefix(_NAME): _executions(store, context)
        for context in store.get_contexts_by_type("pipeline")
        if context.name.startswith(_NAME)
    }
    for context in store.get_contexts_by_type("pipeline_run"):
        of_run = _executions(store, context)
        for family, of_family in pipelines.items():
            if of_run & of_family:
                runs.append(PipelineRun(family, context.name, of_run))
    return Lineage(
        runs=tuple(sorted(runs, key=lambda run: run.name)),
        artifacts={one.id: one for one in store.get_artifacts()},
        used=used,
        made=made,
        cached=frozenset(
            one.id for one in executions.values() if one.last_known_state == one.CACHED
        ),
    )


def _executions(store: mlmd.MetadataStore, context: Any) -> frozenset[int]:
    return frozenset(one.id for one in store.get_executions_by_context(context.id))
