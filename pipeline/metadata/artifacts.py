"""What the metadata store names, and whether it is still on the disk.

TFX believes its store: it looks whether an artifact's folder is there, never at what is in it, nor
at what was pushed from it. So each artifact carries a manifest of its files, and what is no longer
whole is known as deleted before anything is taken from the cache or compared with.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import ml_metadata as mlmd
from ml_metadata.proto.metadata_store_pb2 import Artifact, Event

from components.manifest import first_change, take
from components.results.facts import PUSHED_TO, pushed_path
from pipeline.metadata.origin import note_versions

MANIFEST = "manifest"  # a custom property: JSON

OUTPUTS = (Event.OUTPUT, Event.INTERNAL_OUTPUT)


@dataclasses.dataclass(frozen=True)
class Lost:
    """An artifact that can no longer be used.

    Attributes:
        artifact: as it was in the store.
        reason: which of its files is missing or has changed.
        blessed: it is the model that was blessed last.
    """

    artifact: Artifact
    reason: str
    blessed: bool = False

    def __str__(self) -> str:
        if self.blessed:
            return (
                f"the last blessed model cannot be compared with any more: {self.reason}; the one "
                "before it is the baseline, if there is one"
            )
        return f"{self.reason}; it is made again where a run needs it"


def outputs_of(
    store: mlmd.MetadataStore, execution_id: int, output: Path
) -> dict[str, list[Artifact]]:
    """Reads the outputs of an execution, cached ones included, from the store's events.

    Args:
        store: the metadata store.
        execution_id: of the execution.
        output: the output folder: where relative addresses begin.

    Returns:
        Them by the output's name, with absolute addresses.
    """
    events = [e for e in store.get_events_by_execution_ids([execution_id]) if e.type in OUTPUTS]
    artifacts = {a.id: a for a in store.get_artifacts_by_id([e.artifact_id for e in events])}
    outputs: dict[str, list[Artifact]] = {}
    for event in events:
        artifact = artifacts[event.artifact_id]
        artifact.uri = str(output / artifact.uri)
        if path := pushed_path(artifact):
            artifact.custom_properties[PUSHED_TO].string_value = str(output / path)
        outputs.setdefault(event.path.steps[0].key, []).append(artifact)
    return outputs


def remember(
    store: mlmd.MetadataStore,
    artifact_ids: Iterable[int],
    output: Path,
    versions: Mapping[str, str] | None = None,
) -> None:
    """Gives a manifest to those artifacts that have none: whoever made them has just finished.

    Args:
        store: the metadata store.
        artifact_ids: which.
        output: the output folder.
        versions: of the libraries that made them, where that is known.
    """
    new = [a for a in store.get_artifacts_by_id(list(artifact_ids)) if not _has_manifest(a)]
    for artifact in new:
        found = take(output, _places(artifact, output))
        artifact.custom_properties[MANIFEST].string_value = json.dumps(found)
        note_versions(artifact, versions or {})
    if new:
        store.put_artifacts(new)


def flaw(artifact: Artifact, output: Path) -> str:
    """Says which file of an artifact is missing or has changed; "" when it is whole.

    Args:
        artifact: as it is in the store.
        output: the output folder.
    """
    missing = [place for place in _places(artifact, output) if not place.exists()]
    if missing:
        return f"{missing[0]} is missing"
    written = artifact.custom_properties[MANIFEST].string_value if _has_manifest(artifact) else "{}"
    return first_change(output, json.loads(written))


def forget_lost(
    store: mlmd.MetadataStore,
    output: Path,
    artifacts: Path,
    alone: bool,
    look: Callable[[Artifact, Path], str] = flaw,
) -> list[Lost]:
    """Makes artifacts that are not whole any more unknown, so that they are made again.

    Args:
        store: the metadata store.
        output: the output folder.
        artifacts: the folder of artifacts in it; a store may know of others, elsewhere.
        alone: no other run is at work, so an artifact without a manifest is that of a run which was
            killed as soon as the store knew it; it gets one.
        look: says what is wrong with an artifact, as `flaw` does for files in the output folder.

    Returns:
        Those that were forgotten.
    """
    live = [
        artifact
        for artifact in store.get_artifacts()
        if artifact.state == Artifact.LIVE and (output / artifact.uri).is_relative_to(artifacts)
    ]
    reasons = {artifact.id: look(artifact, output) for artifact in live}
    if alone:
        remember(store, [i for i, reason in reasons.items() if not reason], output)
    blessed = max(map(blessed_by, live), default=0)
    gone = [artifact for artifact in live if reasons[artifact.id]]
    lost = [Lost(artifact, reasons[artifact.id], artifact.id == blessed) for artifact in gone]
    mark_deleted(store, gone)
    return lost


def mark_deleted(store: mlmd.MetadataStore, artifacts: Iterable[Artifact]) -> None:
    """Makes artifacts unknown to TFX, which takes none that is not LIVE."""
    marked = [artifact for artifact in artifacts if artifact.state != Artifact.DELETED]
    for artifact in marked:
        artifact.state = Artifact.DELETED
    if marked:
        store.put_artifacts(marked)


def blessed_by(artifact: Artifact) -> int:
    """The id of the model that an artifact blesses; 0 if it is no blessing, or says no."""
    found = artifact.custom_properties
    if "current_model_id" not in found or not found["blessed"].int_value:
        return 0
    return int(found["current_model_id"].int_value)


def _places(artifact: Artifact, output: Path) -> list[Path]:
    """The folders that hold an artifact: its own, and that which it was pushed to."""
    return [output / place for place in (artifact.uri, pushed_path(artifact)) if place]


def _has_manifest(artifact: Artifact) -> bool:
    return MANIFEST in artifact.custom_properties  # to ask a map of messages by [] adds one
