"""Where the outputs of a node come from: how long making them took, and with which libraries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto.metadata_store_pb2 import Artifact, Event, Execution

VERSIONS = "versions"  # a custom property: JSON


def seconds_of(store: mlmd.MetadataStore, artifacts: Iterable[Artifact]) -> float:
    """The seconds that the execution took which made some artifacts; 0 where none is known.

    Args:
        store: the metadata store.
        artifacts: of one node, be it that it made them or found them in the cache.
    """
    wanted = [artifact.id for artifact in artifacts]
    events = store.get_events_by_artifact_ids(wanted) if wanted else []
    makers = {event.execution_id for event in events if event.type == Event.OUTPUT}
    found = store.get_executions_by_id(sorted(makers)) if makers else []
    return max((_seconds(one) for one in found), default=0.0)


def _seconds(execution: Any) -> float:
    if execution.last_known_state != Execution.COMPLETE:
        return 0.0  # one that took them from the cache
    spent = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    return float(spent) / 1000


def note_versions(artifact: Artifact, versions: Mapping[str, str]) -> None:
    """Writes the versions of libraries into an artifact; the caller stores it."""
    if versions:
        artifact.custom_properties[VERSIONS].string_value = json.dumps(versions, sort_keys=True)


def other_versions(artifacts: Iterable[Artifact], versions: Mapping[str, str]) -> dict[str, str]:
    """The versions that made some artifacts, of those libraries that have another one now.

    Args:
        artifacts: of one node; those of before versions were noted count as made by these.
        versions: of now.
    """
    found: dict[str, str] = {}
    for artifact in artifacts:
        if VERSIONS in artifact.custom_properties:  # to ask a map of messages by [] adds one
            found |= json.loads(artifact.custom_properties[VERSIONS].string_value)
    return {name: made for name, made in found.items() if versions.get(name, made) != made}
