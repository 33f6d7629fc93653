"""An object store as the place of a run: its pods have nothing in common but this."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto.metadata_store_pb2 import Artifact

from components.results.report import HTML
from components.results.summary import FILE as SUMMARY
from kubeflow.store import marker, pushes, whole
from kubeflow.store.files import Files, Found
from kubeflow.store.operators import Around, operators
from kubeflow.store.trouble import StoreTrouble
from modules.util.files import remove, write_bytes
from pipeline import belonging
from pipeline.metadata.artifacts import Lost, forget_lost, manifest_of
from pipeline.place import Place
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings

_EARLIER = 30  # runs of each model whose summaries a report may speak of, the newest


class StorePlace(Place):
    """Keeps in a store what a volume would keep, under the same names.

    Args:
        files: of the store.
        root: the folder here that the store's keys begin in; all that a run writes is below it.
        settings: of the run.
    """

    def __init__(self, files: Files, root: Path, settings: Settings) -> None:
        self._files, self._root, self._settings = files, root, settings
        self._there: set[Path] = set()  # artifacts that are here already

    def open(self, folder: RunFolder) -> None:
        """See the base class."""
        self._files.check()
        self._settings.output.mkdir(parents=True, exist_ok=True)
        claimed = self._settings.output / belonging.FILE
        if (owner := self._files.read(self._key(claimed))) is not None:
            write_bytes(claimed, owner)
        self._down(self._files.list(self._key(folder.path)))

    def join(self, store: mlmd.MetadataStore, settings: Settings, alone: bool) -> list[Lost]:
        """See the base class."""
        del alone  # who shares nothing but a store cannot know
        marker.meet(self._files, self._key(settings.output), store)
        lost = forget_lost(store, settings.output, settings.artifacts, False, self._flaw)
        # TFX asks for the folder of what it takes from the cache, and not for what is in it.
        for artifact in store.get_artifacts():
            folder = settings.output / artifact.uri
            known = artifact.state == Artifact.LIVE and folder.is_relative_to(settings.artifacts)
            if known and whole.is_whole(self._listing, self._key(folder)):
                folder.mkdir(parents=True, exist_ok=True)
        for version in pushes.versions(self._listing, self._key(settings.serving)):
            (settings.serving / str(version)).mkdir(parents=True, exist_ok=True)
        return lost

    def operators(self, unfinished: Path | None) -> Mapping[Any, Any]:
        """See the base class."""
        return operators(
            Around(
                files=self._files,
                root=self._root,
                output=self._settings.output,
                fetch=self._fetch,
                there=self._there,
                unfinished=unfinished,
            )
        )

    def bring(self, folder: Path) -> None:
        """See the base class."""
        if folder.exists() or not folder.is_relative_to(self._root):
            return
        found = self._files.list(self._key(folder))
        if not found:
            raise StoreTrouble(
                f"the object store has no data at {self.told(str(folder))}; copy there the folder "
                "that was --data-from when the file was compiled"
            )
        self._down(found)

    def fetch(self, artifacts: Iterable[Artifact]) -> None:
        """See the base class."""
        for artifact in artifacts:
            self._fetch(Path(artifact.uri))

    def history(self, settings: Settings) -> None:
        """See the base class."""
        output = self._key(settings.output)
        others = {settings.artifacts.parent, settings.serving.parent, settings.state.parent}
        for model in self._files.folders(output):
            if settings.output / model in others:
                continue
            found = self._files.list(f"{output}/{model}")
            ends = {
                key: at.written
                for key, at in found.items()
                if key.endswith(f"/{SUMMARY}") and key.count("/") == output.count("/") + 3
            }
            newest = sorted(ends, key=ends.__getitem__, reverse=True)[:_EARLIER]
            new = [key for key in newest if not (self._root / key).exists()]
            self._down(new)
            for key in new:  # a folder's time tells which run was earlier
                os.utime((self._root / key).parent, (ends[key], ends[key]))

    def keep(self, folder: RunFolder, ended: bool = False) -> None:
        """See the base class."""
        claimed = self._settings.output / belonging.FILE
        paths = [p for p in folder.path.rglob("*") if p.is_file() and not p.name.startswith(".")]
        self._up([claimed, *(path for path in paths if path != folder.summary)])
        self._up([folder.summary])
        if ended:
            model = self._key(folder.path.parent)
            page = folder.path / HTML
            latest = [(page, f"{model}/{HTML}")] if page.exists() else []
            self._files.up([*latest, (folder.summary, f"{model}/{SUMMARY}")])

    def forget(self, folder: Path) -> None:
        """See the base class."""
        remove(folder)
        self._files.delete(self._files.list(self._key(folder)))

    def told(self, text: str) -> str:
        """See the base class."""
        return text.replace(f"{self._root}/", f"{self._files.address}/")

    @cached_property
    def _listing(self) -> dict[str, Found]:
        # Asked for after the metadata store: what is known there was whole before.
        folders = self._settings.artifacts, self._settings.serving
        lists = [self._files.list(self._key(folder)) for folder in folders]
        return {key: found for one in lists for key, found in one.items()}

    def _flaw(self, artifact: Artifact, output: Path) -> str:
        folder = output / artifact.uri
        if not whole.is_whole(self._listing, self._key(folder)):
            return f"{self.told(str(folder))} is missing"
        for name, mark in manifest_of(artifact).items():
            found = self._listing.get(self._key(output / name))
            if found is None:
                return f"{self.told(str(output / name))} is missing"
            if str(found.size) != mark.partition(" ")[0]:
                return f"{self.told(str(output / name))} has changed"
        return ""

    def _fetch(self, path: Path) -> None:
        if path not in self._there:
            whole.get(self._files, self._key(path), path)
            self._there.add(path)

    def _down(self, keys: Iterable[str]) -> None:
        self._files.down((key, self._root / key) for key in keys)

    def _up(self, paths: Iterable[Path]) -> None:
        self._files.up((path, self._key(path)) for path in paths)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()
