"""Pushed models that someone has removed."""

from pathlib import Path

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2

from components.pushed import forget_lost_pushes

Artifact = metadata_store_pb2.Artifact


def test_only_what_was_pushed_and_is_gone_is_forgotten(tmp_path: Path) -> None:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.sqlite")
    store = mlmd.MetadataStore(config)
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="PushedModel"))

    def put(pushed: int, destination: Path) -> int:
        artifact = Artifact(type_id=kind, uri=str(tmp_path), state=Artifact.LIVE)
        artifact.custom_properties["pushed"].int_value = pushed
        artifact.custom_properties["pushed_destination"].string_value = str(destination)
        [ident] = store.put_artifacts([artifact])
        return ident

    lost, there, never = put(1, tmp_path / "gone"), put(1, tmp_path), put(0, tmp_path / "gone")
    forget_lost_pushes(store)
    states = {a.id: a.state for a in store.get_artifacts_by_id([lost, there, never])}
    assert states == {lost: Artifact.DELETED, there: Artifact.LIVE, never: Artifact.LIVE}
