"""What the metadata store names is known to be gone when it is, and to be whole when it is not."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import ml_metadata as mlmd
import pytest
from ml_metadata.proto import metadata_store_pb2
from ml_metadata.proto.metadata_store_pb2 import Artifact

from pipeline.metadata.artifacts import MANIFEST, forget_lost, outputs_of, remember
from pipeline.metadata.origin import other_versions, seconds_of

Event = metadata_store_pb2.Event


class Kept:
    """An output folder, and its store."""

    def __init__(self, output: Path) -> None:
        self.output = output
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(output / "metadata.sqlite")
        self.store = mlmd.MetadataStore(config)
        kinds = (metadata_store_pb2.ArtifactType(name=name) for name in ("Model", "PushedModel"))
        self._kinds = [self.store.put_artifact_type(kind) for kind in kinds]

    def write(self, name: str) -> Path:
        folder = self.output / name
        folder.mkdir(parents=True)
        (folder / "saved_model.pb").write_text("graph")
        return folder

    def put(self, uri: str, state: int = Artifact.LIVE, **properties: int | str) -> int:
        """Tells the store of an artifact, and writes it where there is none."""
        if not (self.output / uri).exists():
            self.write(uri)
        pushed = "pushed" in properties
        artifact = Artifact(type_id=self._kinds[pushed], uri=uri, state=Artifact.State.Name(state))
        for name, value in properties.items():
            field = "int_value" if isinstance(value, int) else "string_value"
            setattr(artifact.custom_properties[name], field, value)
        [ident] = self.store.put_artifacts([artifact])
        return int(ident)

    def state(self, ident: int) -> int:
        [artifact] = self.store.get_artifacts_by_id([ident])
        return int(artifact.state)

    def manifest(self, ident: int) -> dict[str, str] | None:
        [artifact] = self.store.get_artifacts_by_id([ident])
        if MANIFEST not in artifact.custom_properties:
            return None
        return dict(json.loads(artifact.custom_properties[MANIFEST].string_value))

    def lost(self, alone: bool = True) -> list[str]:
        found = forget_lost(self.store, self.output, self.output / "artifacts", alone)
        return [str(lost) for lost in found]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def _remove_folder(folder: Path) -> None:
    (folder / "saved_model.pb").unlink()
    folder.rmdir()


def _remove_file(folder: Path) -> None:
    (folder / "saved_model.pb").unlink()


def _empty_file(folder: Path) -> None:
    (folder / "saved_model.pb").write_text("")


DAMAGES = (_remove_folder, _remove_file, _empty_file)


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_artifact_that_is_not_whole_is_deleted_and_told(
    damage: Callable[[Path], None], kept: Kept
) -> None:
    ids = [kept.put(f"artifacts/vae/Trainer/model/{n}") for n in (1, 2)]
    remember(kept.store, ids, kept.output)
    assert kept.lost() == []
    folder = kept.output / "artifacts/vae/Trainer/model/2"
    damage(folder)
    [told] = kept.lost()
    assert told.startswith(str(folder)) and "made again" in told
    assert [kept.state(ident) for ident in ids] == [Artifact.LIVE, Artifact.DELETED]
    assert kept.lost() == []  # once


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_push_is_lost_with_what_was_pushed(damage: Callable[[Path], None], kept: Kept) -> None:
    version = kept.write("serving/gan/17")
    pushed = kept.put("artifacts/P/1", pushed=1, pushed_destination="serving/gan/17")
    never = kept.put("artifacts/P/2", pushed=0, pushed_destination="serving/gan/18")
    remember(kept.store, [pushed, never], kept.output)
    damage(version)
    assert len(kept.lost()) == 1
    assert [kept.state(pushed), kept.state(never)] == [Artifact.DELETED, Artifact.LIVE]


def test_only_the_model_that_was_blessed_last_is_told_as_such(kept: Kept) -> None:
    models = [kept.put(f"artifacts/M/{n}") for n in (1, 2, 3)]
    for model, blessed in zip(models, (1, 1, 0), strict=True):
        kept.put(f"artifacts/B/{model}", current_model_id=model, blessed=blessed)
    for n in (1, 2, 3):
        _remove_folder(kept.output / f"artifacts/M/{n}")
    assert ["the last blessed model" in told for told in kept.lost()] == [False, True, False]


def test_what_a_killed_run_left_without_a_manifest_gets_one(kept: Kept) -> None:
    ident = kept.put("artifacts/M/1")
    kept.lost(alone=False)
    assert kept.manifest(ident) is None  # another run may be about to write it
    kept.lost()
    manifest = kept.manifest(ident)
    assert manifest and list(manifest) == ["artifacts/M/1/saved_model.pb"]
    _empty_file(kept.output / "artifacts/M/1")
    remember(kept.store, [ident], kept.output)
    assert kept.manifest(ident) == manifest  # it is what was written when it was whole


def test_what_is_not_of_this_folder_or_not_there_yet_is_left_alone(
    kept: Kept, tmp_path: Path
) -> None:
    elsewhere = kept.put(str(tmp_path.parent / "other" / "M" / "1"))
    pending = kept.put("artifacts/M/2", state=Artifact.PENDING)
    _remove_folder(tmp_path.parent / "other" / "M" / "1")
    _remove_folder(kept.output / "artifacts/M/2")
    assert kept.lost() == []
    assert [kept.state(elsewhere), kept.state(pending)] == [Artifact.LIVE, Artifact.PENDING]


def test_outputs_are_read_with_addresses_that_hold_anywhere(kept: Kept) -> None:
    pushed = kept.put("artifacts/P/1", pushed=1, pushed_destination="serving/gan/17")
    kind = kept.store.put_execution_type(metadata_store_pb2.ExecutionType(name="Pusher"))
    [execution] = kept.store.put_executions([metadata_store_pb2.Execution(type_id=kind)])
    event = Event(artifact_id=pushed, execution_id=execution, type=Event.OUTPUT)
    event.path.steps.add().key = "pushed_model"
    event.path.steps.add().index = 0
    kept.store.put_events([event])
    [artifact] = outputs_of(kept.store, execution, kept.output)["pushed_model"]
    assert artifact.uri == str(kept.output / "artifacts/P/1")
    told = artifact.custom_properties["pushed_destination"].string_value
    assert told == str(kept.output / "serving/gan/17")


def executed(kept: Kept, artifact: int, *states: int) -> None:
    """Tells the store of an execution with an artifact for its output, and of its states."""
    kind = kept.store.put_execution_type(metadata_store_pb2.ExecutionType(name="Trainer"))
    ident = None
    for state in states:
        execution = metadata_store_pb2.Execution(
            id=ident, type_id=kind, last_known_state=metadata_store_pb2.Execution.State.Name(state)
        )
        [ident] = kept.store.put_executions([execution])
        time.sleep(0.02)
    event = Event(artifact_id=artifact, execution_id=ident, type=Event.OUTPUT)
    kept.store.put_events([event])


def test_making_an_artifact_took_what_its_own_execution_did(kept: Kept) -> None:
    state = metadata_store_pb2.Execution
    ident = kept.put("artifacts/M/1")
    artifacts = kept.store.get_artifacts_by_id([ident])
    assert seconds_of(kept.store, artifacts) == seconds_of(kept.store, []) == 0.0
    executed(kept, ident, state.RUNNING, state.CACHED)
    assert seconds_of(kept.store, artifacts) == 0.0
    executed(kept, ident, state.RUNNING, state.COMPLETE)
    assert 0.02 <= seconds_of(kept.store, artifacts) < 10.0


def test_an_artifact_knows_the_libraries_that_made_it(kept: Kept) -> None:
    ident, before = kept.put("artifacts/M/1"), kept.put("artifacts/M/2")
    remember(kept.store, [before], kept.output)
    remember(kept.store, [ident], kept.output, {"keras": "3.3", "numpy": "1.26"})
    remember(kept.store, [ident], kept.output, {"keras": "3.9"})  # it has been made already
    artifacts = kept.store.get_artifacts_by_id([ident, before])
    now = {"keras": "3.9", "numpy": "1.26", "tfx": "1.21"}
    assert other_versions(artifacts, now) == {"keras": "3.3"}
    assert other_versions(artifacts[1:], now) == {}
