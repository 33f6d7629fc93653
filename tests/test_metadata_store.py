"""The connection to the metadata store: through TFX's compiler, and when nothing answers."""

import dataclasses
import logging
import socket
import sqlite3
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2
from tfx.dsl.compiler import compiler
from tfx.proto.orchestration import pipeline_pb2

from kubeflow.metadata.server import serving
from pipeline import node as nodes
from pipeline.dag import create_pipeline
from pipeline.metadata import store as metadata_store
from pipeline.metadata.address import PASSWORD, USER, BadAddress, parse
from pipeline.metadata.store import Handle, StoreError, connection
from pipeline.settings import BadSetting, Settings, make_settings
from tests.datasets import MNIST

MYSQL = "mysql://127.0.0.1:3306/mlmd"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(
        dataset=MNIST,
        model="transformer",
        tuner="none",
        profile="smoke",
        data_dir=tmp_path,
        output=tmp_path,
    )


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_store, "OPENING", 0.3)


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def compiled(settings: Settings) -> pipeline_pb2.Pipeline:
    return compiler.Compiler().compile(create_pipeline(settings))


@pytest.mark.parametrize("address", ["grpc://[fd00::1]:8080", "grpc://store:8080", MYSQL])
def test_a_connection_survives_the_compiler(settings: Settings, address: str) -> None:
    ir = compiled(dataclasses.replace(settings, metadata_store=address))
    read = pipeline_pb2.Pipeline.FromString(ir.SerializeToString())
    assert nodes.open_store(read).connection_config == connection(address)
    assert not (settings.output / "metadata.sqlite").exists()


def test_without_an_address_the_store_is_a_file_of_the_output(settings: Settings) -> None:
    config = nodes.open_store(compiled(settings)).connection_config
    assert config.sqlite.filename_uri == str(settings.output / "metadata.sqlite")


def test_a_bad_address_is_refused(settings: Settings) -> None:
    with pytest.raises(BadAddress, match="grpc://HOST:PORT"):
        create_pipeline(dataclasses.replace(settings, metadata_store="grpc://nowhere"))


def test_no_password_gets_into_a_compiled_pipeline(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(USER, "ann-of-mysql")
    monkeypatch.setenv(PASSWORD, "s3cret")
    ir = compiled(dataclasses.replace(settings, metadata_store=MYSQL)).SerializeToString()
    assert b"mlmd" in ir and b"s3cret" not in ir and b"ann-of-mysql" not in ir


@pytest.mark.parametrize(("there", "missing"), [(USER, PASSWORD), (PASSWORD, USER)])
def test_mysql_wants_a_user_and_a_password(
    monkeypatch: pytest.MonkeyPatch, there: str, missing: str
) -> None:
    monkeypatch.setenv(there, "x")
    monkeypatch.delenv(missing, raising=False)
    with pytest.raises(BadSetting, match=f"needs {missing} in the environment"):
        Handle(connection(MYSQL)).__enter__()


@pytest.mark.parametrize("form", ["grpc://127.0.0.1:{}", "mysql://127.0.0.1:{}/mlmd"])
def test_silence_is_told_in_a_sentence(
    form: str,
    free_port: int,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv(USER, "ann")
    monkeypatch.setenv(PASSWORD, "s3cret")
    address = form.format(free_port)
    with caplog.at_level(logging.WARNING), pytest.raises(StoreError) as silent:
        Handle(connection(address)).__enter__()
    assert str(silent.value).startswith(f"the metadata store at {address} does not answer: ")
    assert "onnection refused" in str(silent.value)
    told = [record for record in caplog.messages if record.startswith("waiting for")]
    assert len(told) == 1 and address in told[0] and "s3cret" not in caplog.text


def test_a_name_that_does_not_exist_is_told(impatient: None) -> None:
    with pytest.raises(StoreError, match="grpc://nothing.invalid:8080 does not answer: "):
        Handle(connection("grpc://nothing.invalid:8080")).__enter__()


def test_something_else_that_answers_is_told(impatient: None) -> None:
    from concurrent import futures

    import grpc

    other = grpc.server(futures.ThreadPoolExecutor(1))
    port = other.add_insecure_port("127.0.0.1:0")
    other.start()
    try:
        with pytest.raises(StoreError, match="is not a metadata store"):
            Handle(connection(f"grpc://127.0.0.1:{port}")).__enter__()
    finally:
        other.stop(None)


def test_a_file_of_another_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_store, "_TRIES", 1)
    path = tmp_path / "store.sqlite"
    with Handle(connection(str(path))):
        pass
    with sqlite3.connect(path) as database:
        database.execute("UPDATE MLMDEnv SET schema_version = 6")
    with pytest.raises(StoreError) as refused:
        Handle(connection(str(path))).__enter__()
    assert f"the metadata store {path} cannot be opened: its tables have version 6" in str(
        refused.value
    )


def test_a_handle_connects_once_and_can_be_used_again(tmp_path: Path) -> None:
    with serving(parse(str(tmp_path / "store.sqlite")), "127.0.0.1", 0) as port:
        handle = Handle(connection(f"grpc://127.0.0.1:{port}"))
        with pytest.raises(RuntimeError, match="before its handle is entered"):
            _ = handle.store
        for _ in range(2):
            with handle as outer:
                first = outer.store
                with handle as inner:
                    assert inner.store is first
                first.put_artifact_type(metadata_store_pb2.ArtifactType(name="A"))
            with pytest.raises(RuntimeError, match="before its handle is entered"):
                _ = handle.store


def test_only_what_is_safe_is_asked_twice() -> None:
    [repeated, waiting] = metadata_store._patience()["methodConfig"]
    names = {one["method"] for one in repeated["name"]}
    writing = {
        method.name
        for method in metadata_store_service_pb2.DESCRIPTOR.services_by_name[
            "MetadataStoreService"
        ].methods
        if not method.name.startswith("Get")
    }
    # Types are known by their names; everything else that is written may be written twice.
    assert names & writing == {
        *("PutArtifactType", "PutExecutionType", "PutContextType", "PutTypes")
    }
    assert "retryPolicy" not in waiting and waiting["waitForReady"]
