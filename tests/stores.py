"""The metadata store of an output folder."""

from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

Execution = metadata_store_pb2.Execution


def store_of(output: Path) -> MetadataStore:
    """Opens it."""
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(output / "metadata.sqlite")
    return mlmd.MetadataStore(config)


def executions(output: Path, state: Any) -> list[str]:
    """The node types of all executions in a state."""
    store = store_of(output)
    types = {kind.id: kind.name.split(".")[-1] for kind in store.get_execution_types()}
    return sorted(types[e.type_id] for e in store.get_executions() if e.last_known_state == state)
