"""An object store as the place of a run: its pods have nothing in common but this."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto.metadata_store_pb2 import Artifact

from components.results.facts import pushed_path
from components.results.report import HTML
from components.results.summary import FILE as SUMMARY
from kubeflow.store import marker, pushes, summaries, whole
from kubeflow.store.files import Files
from kubeflow.store.operators import Around, operators
from kubeflow.store.trouble import StoreTrouble
from modules.util.files import remove, write_bytes
from pipeline import belonging
from pipeline.metadata.artifacts import Lost, forget_lost
from pipeline.place import Place, Work
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings


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
        self._down(self._files.listing(self._key(folder.path)))

    def join(self, store: mlmd.MetadataStore, settings: Settings, alone: bool) -> list[Lost]:
        """See the base class."""
        del alone  # who shares nothing but a store cannot know
        marker.meet(self._files, self._key(settings.output), store)
        lost = forget_lost(store, settings.output, settings.artifacts, False, self._flaw)
        # TFX asks for the folder of what it takes from the cache, and not for what is in it.
        for artifact in store.get_artifacts():
            folder = settings.output / artifact.uri
            known = artifact.state == Artifact.LIVE and folder.is_relative_to(settings.artifacts)
            if known and whole.list_of(self._key(folder)) in self._whole:
                folder.mkdir(parents=True, exist_ok=True)
        for version in self._versions:
            (settings.serving / str(version)).mkdir(parents=True, exist_ok=True)
        return lost

    def operators(self, work: Work | None) -> Mapping[Any, Any]:
        """See the base class."""
        return operators(
            Around(
                files=self._files,
                root=self._root,
                output=self._settings.output,
                fetch=self._fetch,
                there=self._there,
                work=work,
            )
        )

    def bring(self, folder: Path) -> None:
        """See the base class."""
        if folder.exists() or not folder.is_relative_to(self._root):
            return
        found = self._files.listing(self._key(folder))
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

    def look(self, folder: Path) -> None:
        """See the base class."""
        with contextlib.suppress(StoreTrouble):
            self._fetch(folder)

    def history(self, settings: Settings) -> None:
        """See the base class."""
        ends = summaries.earlier(self._files, self._key(settings.output))
        new = {key: end for key, end in ends.items() if not (self._root / end.key).exists()}
        self._files.down((key, self._root / end.key) for key, end in new.items())
        for end in new.values():  # a folder's time tells which run was earlier
            os.utime((self._root / end.key).parent, (end.written, end.written))

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
            copy = summaries.copy_of(self._key(folder.summary))
            self._files.up([*latest, *((folder.summary, k) for k in (f"{model}/{SUMMARY}", copy))])

    def forget(self, folder: Path) -> None:
        """See the base class."""
        remove(folder)
        self._files.delete(self._files.listing(self._key(folder)))

    def told(self, text: str) -> str:
        """See the base class."""
        return text.replace(f"{self._root}/", f"{self._files.address}/")

    # Both are asked for after the metadata store: what is known there was whole before.
    @cached_property
    def _whole(self) -> Collection[str]:
        return whole.known(self._files)

    @cached_property
    def _versions(self) -> list[int]:
        return pushes.versions(self._files, self._key(self._settings.serving))

    def _flaw(self, artifact: Artifact, output: Path) -> str:
        folder, pushed = output / artifact.uri, pushed_path(artifact)
        if whole.list_of(self._key(folder)) not in self._whole:
            return f"{self.told(str(folder))} is missing"
        if pushed and int(Path(pushed).name) not in self._versions:
            return f"{self.told(str(output / pushed))} is missing"
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
