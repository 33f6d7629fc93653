"""What is done around an executor in a pod: its inputs come, its outputs go, before they are known.

TFX publishes what an executor has made after its operator returns. So an artifact that the metadata
store knows of is whole in the object store.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tfx.orchestration.portable.beam_executor_operator import BeamExecutorOperator
from tfx.orchestration.portable.python_executor_operator import PythonExecutorOperator
from tfx.proto import pusher_pb2
from tfx.proto.orchestration.executable_spec_pb2 import (
    BeamExecutableSpec,
    PythonClassExecutableSpec,
)
from tfx.types import standard_component_specs
from tfx.utils import proto_utils

from components.manifest import take
from components.results.facts import pushed_path
from kubeflow.store import pushes, whole
from kubeflow.store.files import Files
from kubeflow.store.growing import Growing, kept
from pipeline.place import Work

_DESTINATION = standard_component_specs.PUSH_DESTINATION_KEY


@dataclasses.dataclass(frozen=True)
class Around:
    """What surrounds an executor.

    Attributes:
        files: of the store.
        root: the folder here that the store's keys begin in.
        output: the output folder, where the addresses of artifacts begin.
        fetch: brings an artifact, by its folder here.
        there: the artifacts that are here, by their folders.
        work: where the node keeps what can be gone on with; None if it keeps nothing.
    """

    files: Files
    root: Path
    output: Path
    fetch: Callable[[Path], None]
    there: set[Path]
    work: Work | None

    def run(self, info: Any, execute: Callable[[Any], Any]) -> Any:
        """Runs an executor.

        Args:
            info: TFX's ExecutionInfo.
            execute: the executor.

        Returns:
            What the executor gave, a proto ExecutorOutput.

        Raises:
            StoreTrouble: its inputs or outputs could not be brought.
        """
        inputs = self._folders(info.input_dict)
        for folder in inputs:
            self.fetch(folder)
        before = {folder: take(folder, [folder]) for folder in inputs}
        watched = self._watched(info)
        if watched:
            self._make_room(watched, info)
        try:
            with self._growing(info):
                given = execute(info)
        finally:  # a gate that refuses says so beside what it judged
            for folder in inputs:
                whole.add(self.files, folder, self._key(folder), before[folder])
        for folder in self._folders(info.output_dict):
            whole.put(self.files, folder, self._key(folder))
            self.there.add(folder)
        for version in self._pushed(given):
            pushes.put(self.files, version, self._key(version))
        return given

    @contextlib.contextmanager
    def _growing(self, info: Any) -> Iterator[None]:
        """What can go on after a kill: its unfinished work, and what it has written so far; and
        what it keeps for later."""
        if self.work is None:
            yield
            return
        folders = (self.work.unfinished, *self._folders(info.output_dict))
        unfinished = Growing(self.files, self.root, folders)
        lasting = Growing(self.files, self.root, (self.work.kept,))
        for growing in (unfinished, lasting):
            growing.restore()
        with kept(unfinished), kept(lasting):
            yield
        lasting.send()

    def _make_room(self, watched: Path, info: Any) -> None:
        """Brings the newest version, to compare with, and clears away what is half there."""
        folder = self._key(watched)
        [artifact] = info.output_dict[standard_component_specs.PUSHED_MODEL_KEY]
        pushes.clear(self.files, folder, artifact.uri)
        if newest := pushes.newest(self.files, folder):
            pushes.get(self.files, f"{folder}/{newest}", watched / str(newest))

    def _watched(self, info: Any) -> Path | None:
        """The folder that a server watches, of an executor that pushes."""
        if _DESTINATION not in info.exec_properties:
            return None
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(info.exec_properties[_DESTINATION], destination)
        return self.output / destination.filesystem.base_directory

    def _pushed(self, given: Any) -> list[Path]:
        made = [one for some in given.output_artifacts.values() for one in some.artifacts]
        return [self.output / path for path in map(pushed_path, made) if path]

    def _folders(self, artifacts: Mapping[str, Iterable[Any]]) -> list[Path]:
        found = (self.output / one.uri for some in artifacts.values() for one in some)
        return list(dict.fromkeys(found))

    def _key(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def operators(around: Around) -> dict[Any, Any]:
    """TFX's operators with that around them, by the kinds of specifications that they run."""
    return {
        PythonClassExecutableSpec: _surrounded(PythonExecutorOperator, around),
        BeamExecutableSpec: _surrounded(BeamExecutorOperator, around),
    }


def _surrounded(base: Any, around: Around) -> Any:
    class Operator(base):
        def run_executor(self, execution_info: Any) -> Any:
            return around.run(execution_info, super().run_executor)

    return Operator
