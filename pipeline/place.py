"""Where a run's files last: in its output folder, or in a store that outlives the machine.

The conductor tells a place what it is about to read and what it has written; the place of a run
with a folder of its own has nothing to do about that. Whoever brings another one lets runs go on
where no folder lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import ml_metadata as mlmd
from ml_metadata.proto.metadata_store_pb2 import Artifact

from modules.util.files import remove
from pipeline.metadata import owner
from pipeline.metadata.artifacts import Lost, forget_lost
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings


class Work(NamedTuple):
    """Where a node keeps what can be gone on with.

    Attributes:
        unfinished: the folder of what it has not finished; of no use once it has.
        kept: the folder of what it can make use of when it is asked for more.
    """

    unfinished: Path
    kept: Path


class Place:
    """The output folder itself: what is written there stays there."""

    def open(self, folder: RunFolder) -> None:
        """Brings what all processes of a run begin with, before anything is looked at.

        Args:
            folder: of the run.
        """

    def join(self, store: mlmd.MetadataStore, settings: Settings, alone: bool) -> list[Lost]:
        """Finds what the metadata store knows and what is no longer whole, and forgets it.

        Args:
            store: the metadata store.
            settings: of the run.
            alone: no other run is at work.

        Raises:
            BadSetting: the metadata store knows of files that are somewhere else altogether.
        """
        owner.refuse(store, str(settings.metadata))
        return forget_lost(store, settings.output, settings.artifacts, alone)

    def operators(self, work: Work | None) -> Mapping[Any, Any]:
        """Who runs executors, by the kinds of their specifications; TFX's own for all others.

        Args:
            work: where the node keeps what can be gone on with; None if it keeps nothing.
        """
        del work
        return {}

    def bring(self, folder: Path) -> None:
        """Brings a folder of data that is about to be read."""

    def fetch(self, artifacts: Iterable[Artifact]) -> None:
        """Brings artifacts that are about to be read.

        Args:
            artifacts: with absolute addresses.
        """

    def look(self, folder: Path) -> None:
        """Brings the folder of an earlier run's artifact, if it is still there.

        Args:
            folder: as an absolute path.
        """

    def history(self, settings: Settings) -> None:
        """Brings what is written down of earlier runs."""

    def keep(self, folder: RunFolder, ended: bool = False) -> None:
        """Keeps what is written down of a run.

        Args:
            folder: of the run.
            ended: the run is over, so that it becomes the latest of its model.
        """

    def forget(self, folder: Path) -> None:
        """Removes a folder of unfinished work, for good."""
        remove(folder)

    def told(self, text: str) -> str:
        """A text with the paths in it as people find them."""
        return text
