"""What a killed run left half-written, removed by whoever is alone in its output folder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import ml_metadata as mlmd

from modules.util.files import newest, remove, sweep
from pipeline import node as launching
from pipeline.history import last_completed
from pipeline.nodes import BY_ID
from pipeline.scratch import clear_system_folders
from pipeline.settings import Settings

_log = logging.getLogger(__name__)


def clear(
    store: mlmd.MetadataStore,
    settings: Settings,
    node_ids: list[str],
    unfinished: Path,
    forget: Callable[[str], None],
) -> None:
    """Removes what a killed run left half-written.

    Args:
        store: the metadata store.
        settings: of the run that begins.
        node_ids: of its pipeline.
        unfinished: the folder of unfinished work.
        forget: removes the unfinished work of a node.
    """
    clear_system_folders(settings.artifacts)
    sweep(settings.output)
    for name in node_ids:
        folder = unfinished / BY_ID[name].unfinished
        if newest(folder) < last_completed(store, f"{settings.pipeline_name}.{name}"):
            forget(name)  # killed when it was done, and just before this
    if settings.metadata_store is not None:
        return  # in a store elsewhere, other runs may be at work
    killed = launching.killed_executions(store)
    for execution in killed:
        _log.warning("execution %d was killed; its outputs are removed", execution.id)
        for folder in settings.output.glob(f"artifacts/*/*/*/{execution.id}"):
            remove(folder)
    launching.cancel(store, killed)  # last, so that who is killed here begins again
