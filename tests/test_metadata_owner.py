"""A metadata store speaks of one object store, or of folders."""

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipeline.layers import BadSetting
from pipeline.metadata import owner
from tests.stores import store_of


def test_the_first_pod_makes_it_that_of_an_object_store(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    owner.refuse(store, "here")  # it is nobody's yet
    name, first = owner.claim(store, "s3://bucket/output")
    assert name and first == "s3://bucket/output"
    assert owner.claim(store, "s3://other/output") == (name, first)
    assert owner.claim(store_of(tmp_path), "s3://bucket/output") == (name, first)
    with pytest.raises(BadSetting, match="at here is that of runs with the object store s3://buck"):
        owner.refuse(store, "here")


def test_another_pod_that_was_faster_is_agreed_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path)
    answers = [None, owner.claim(store, "s3://bucket/output")]
    real = owner._owner
    monkeypatch.setattr(owner, "_owner", lambda _: answers.pop(0) if len(answers) > 1 else real(_))
    assert owner.claim(store, "s3://bucket/output") == answers[0]


def test_one_that_knows_of_a_volume_is_left_alone(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    type_id = store.put_artifact_type(proto.ArtifactType(name="Model"))
    store.put_artifacts([proto.Artifact(type_id=type_id, uri="/mnt/triptych/output/artifacts/1")])
    with pytest.raises(BadSetting, match="knows of runs with a volume"):
        owner.claim(store, "s3://bucket/output")
    owner.refuse(store, "here")
