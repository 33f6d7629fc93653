"""The metadata server: answers as SQLite does, and loses nothing when it is killed."""

import functools
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import ml_metadata as mlmd
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as library
from ml_metadata.proto import metadata_store_pb2 as pb

from kubeflow.metadata.locked_store import CannotOpen, LockedStore
from kubeflow.metadata.server import SERVICE, check, serving
from pipeline.metadata.address import PASSWORD, USER, parse
from pipeline.metadata.store import Handle, StoreError, connection
from pipeline.settings import BadSetting
from tests.metadata_servers import metadata_server

# What the service lists and the package's store lacks, in both versions that are used.
LACKING = {"GetParentContextsByContexts", "GetChildrenContextsByContexts", "GetLineageGraph"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[int]:
    """The port of a server in this process, with a database of its own."""
    with serving(parse(str(tmp_path / "served.sqlite")), "127.0.0.1", 0) as port:
        yield port


@pytest.fixture
def remote(served: int) -> Iterator[mlmd.MetadataStore]:
    with Handle(connection(f"grpc://127.0.0.1:{served}")) as handle:
        yield handle.store


@pytest.fixture
def local(tmp_path: Path) -> Iterator[mlmd.MetadataStore]:
    with Handle(connection(str(tmp_path / "local.sqlite"))) as handle:
        yield handle.store


def one_run(store: mlmd.MetadataStore) -> Iterator[Any]:
    """Writes what TFX writes for a node, and reads it back by every way that TFX has."""
    properties = {"split": pb.STRING, "span": pb.INT}
    examples = pb.ArtifactType(name="Examples", properties=properties)
    yield (kind := store.put_artifact_type(examples))
    examples.properties["version"] = pb.INT
    yield store.put_artifact_type(examples, can_add_fields=True, can_omit_fields=True)
    yield (step := store.put_execution_type(pb.ExecutionType(name="Trainer")))
    yield (place := store.put_context_type(pb.ContextType(name="node")))
    yield (run := store.put_context_type(pb.ContextType(name="pipeline_run")))

    context = pb.Context(type_id=place, name="triptych.Trainer")
    parent = pb.Context(type_id=run, name="run-1")
    yield store.put_contexts([context, parent])
    yield store.put_parent_contexts([pb.ParentContext(child_id=1, parent_id=2)])
    source = pb.Artifact(type_id=kind, uri="/a/1", name="one", state=pb.Artifact.LIVE)
    source.properties["split"].string_value = "train"
    source.custom_properties["note"].string_value = "naïve – 手書き"
    source.custom_properties["share"].double_value = 0.1
    yield (given := store.put_artifacts([source]))
    execution = pb.Execution(type_id=step, last_known_state=pb.Execution.RUNNING)
    path = pb.Event.Path(steps=[pb.Event.Path.Step(key="examples"), pb.Event.Path.Step(index=0)])
    into = pb.Event(type=pb.Event.INPUT, artifact_id=given[0], path=path)
    source.id = given[0]
    yield store.put_execution(execution, [(source, into)], [context, parent], True)
    execution.id, execution.last_known_state = 1, pb.Execution.COMPLETE
    made = pb.Artifact(type_id=kind, uri="/a/2", state=pb.Artifact.LIVE)
    out = pb.Event(type=pb.Event.OUTPUT, path=path)
    yield store.put_execution(execution, [(made, out)], [context, parent], True, True)
    yield store.put_executions([execution])
    yield store.put_attributions_and_associations(
        [pb.Attribution(artifact_id=2, context_id=2)],
        [pb.Association(execution_id=1, context_id=2)],
    )
    yield store.put_lineage_subgraph(
        [pb.Execution(type_id=step)], [pb.Artifact(type_id=kind)], [], [(0, 0, out)]
    )

    yield store.get_artifact_types()
    yield store.get_artifact_type("Examples")
    yield store.get_execution_types_by_id([step])
    yield store.get_context_types()
    yield store.get_artifacts()
    yield store.get_artifacts_by_id([2, 1, 99])
    yield store.get_artifacts_by_type("Examples")
    yield store.get_artifacts_by_type("Unknown")
    yield store.get_artifacts_by_uri("/a/2")
    yield store.get_artifacts_by_context(2)
    yield store.get_artifact_by_type_and_name("Examples", "one")
    yield store.get_artifacts(
        mlmd.ListOptions(limit=1, order_by=mlmd.OrderByField.ID, is_asc=False)
    )
    yield store.get_executions()
    yield store.get_executions_by_id([1])
    yield store.get_executions_by_type("Trainer")
    yield store.get_executions_by_context(1)
    yield store.get_contexts()
    yield store.get_contexts_by_type("node")
    yield store.get_context_by_type_and_name("pipeline_run", "run-1")
    yield store.get_context_by_type_and_name("pipeline_run", "run-2")
    yield store.get_contexts_by_artifact(2)
    yield store.get_contexts_by_execution(1)
    yield store.get_parent_contexts_by_context(1)
    yield store.get_children_contexts_by_context(2)
    yield store.get_events_by_execution_ids([1])
    yield store.get_events_by_artifact_ids([1, 2, 3])
    starting = pb.LineageSubgraphQueryOptions.StartingNodes(filter_query="uri = '/a/1'")
    options = pb.LineageSubgraphQueryOptions(starting_artifacts=starting, max_num_hops=9)
    yield answer_of(lambda: store.get_lineage_subgraph(options))


def plain(value: Any) -> Any:
    """An answer as JSON values, without the times at which things were written."""
    if isinstance(value, Message):
        return plain(json_format.MessageToDict(value))
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if "SinceEpoch" not in name}
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def answer_of(call: Callable[[], Any]) -> Any:
    """What a call returns, or the class and the message of what it raises."""
    try:
        return call()
    except mlmd.errors.StatusError as error:
        return [type(error).__name__, re.sub(r"\d{13}", "TIME", str(error))]


def test_a_run_is_written_and_read_as_with_sqlite(
    remote: mlmd.MetadataStore, local: mlmd.MetadataStore
) -> None:
    expected = [plain(answer) for answer in one_run(local)]
    assert [plain(answer) for answer in one_run(remote)] == expected
    assert expected.count([]) == 1 and len(expected) == 40  # one answer is empty


# Made in a store that has an artifact type A and a context `a`, by what they are answered with.
MISTAKES: dict[str, list[Callable[..., Any]]] = {
    "NotFoundError": [
        lambda store, artifact, context: store.get_artifact_type("Nothing"),
        lambda store, artifact, context: store.put_artifacts([pb.Artifact(type_id=99)]),
    ],
    "AlreadyExistsError": [
        lambda store, artifact, context: store.put_contexts(
            [pb.Context(type_id=context, name="a")]
        ),
        lambda store, artifact, context: store.put_artifact_type(
            pb.ArtifactType(name="A", properties={"more": pb.INT})
        ),
    ],
    "InvalidArgumentError": [
        lambda store, artifact, context: store.put_contexts([pb.Context(type_id=context)]),
        lambda store, artifact, context: store.put_artifacts([pb.Artifact(id=77)]),
    ],
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_errors_are_those_of_sqlite(
    remote: mlmd.MetadataStore, local: mlmd.MetadataStore, kind: str
) -> None:
    for store in (local, remote):
        artifact_type = store.put_artifact_type(pb.ArtifactType(name="A"))
        context_type = store.put_context_type(pb.ContextType(name="C"))
        store.put_contexts([pb.Context(type_id=context_type, name="a")])
    ids = {"artifact": artifact_type, "context": context_type}
    for mistake in MISTAKES[kind]:
        answers = [answer_of(functools.partial(mistake, one, **ids)) for one in (local, remote)]
        assert answers[0] == answers[1] and answers[0][0] == kind


def test_every_call_is_served_or_refused_by_name(served: int, tmp_path: Path) -> None:
    store = LockedStore(parse(str(tmp_path / "other.sqlite")))
    lacking = set()
    with grpc.insecure_channel(f"127.0.0.1:{served}") as channel:
        for method in SERVICE.methods:
            response, message, code = store.call(method.name, b"")
            try:
                ask = channel.unary_unary(f"/{SERVICE.full_name}/{method.name}")
                assert (ask(b"", timeout=9), 0) == (response, code)
            except grpc.RpcError as error:
                assert (error.code().value[0], error.details()) == (code, message)
                if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                    assert method.name in message
                    lacking.add(method.name)
    assert lacking == LACKING
    # What TFX calls has a name in the library that it calls.
    assert {name for name in dir(library) if name.startswith(("Get", "Put"))} == {
        method.name for method in SERVICE.methods
    } - LACKING


def test_large_messages_and_long_errors_arrive(remote: mlmd.MetadataStore) -> None:
    kind = remote.put_artifact_type(pb.ArtifactType(name="A"))
    large = pb.Artifact(type_id=kind)
    large.custom_properties["text"].string_value = "x" * 9_000_000
    [number] = remote.put_artifacts([large])
    [read] = remote.get_artifacts_by_id([number])
    assert len(read.custom_properties["text"].string_value) == 9_000_000
    large.type_id = 9  # quoted in the error
    large.custom_properties["text"].string_value = "字" * 9_000
    with pytest.raises(mlmd.errors.NotFoundError, match="^Cannot find type for "):
        remote.put_artifacts([large])


def test_clients_at_the_same_time(served: int, remote: mlmd.MetadataStore) -> None:
    kind = remote.put_execution_type(pb.ExecutionType(name="E"))
    place = remote.put_context_type(pb.ContextType(name="C"))

    def client(name: int) -> list[int]:
        with Handle(connection(f"grpc://127.0.0.1:{served}")) as handle:
            context = pb.Context(type_id=place, name=f"context-{name % 2}")
            return [
                handle.store.put_execution(pb.Execution(type_id=kind), [], [context], True)[0]
                for _ in range(15)
            ]

    with futures.ThreadPoolExecutor(6) as threads:
        numbers = sorted(number for some in threads.map(client, range(6)) for number in some)
    assert numbers == list(range(1, 91))
    assert [execution.id for execution in remote.get_executions()] == numbers
    contexts = remote.get_contexts_by_type("C")
    assert {context.name for context in contexts} == {"context-0", "context-1"}
    assert sum(len(remote.get_executions_by_context(context.id)) for context in contexts) == 90


def test_a_killed_server_loses_nothing_and_clients_go_on(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    enough = threading.Event()

    def write(address: str, kind: int) -> None:
        with Handle(connection(address)) as handle:
            while not enough.is_set():
                try:
                    acknowledged.extend(handle.store.put_artifacts([pb.Artifact(type_id=kind)]))
                except StoreError as lost:  # was on its way when the server was killed
                    assert f"{address} does not answer" in str(lost)

    waiting = futures.ThreadPoolExecutor(1)
    with metadata_server(tmp_path / "store.sqlite") as server:
        with Handle(connection(server.address)) as handle:
            kind = handle.store.put_artifact_type(pb.ArtifactType(name="A"))
            writers = [threading.Thread(target=write, args=(server.address, kind)) for _ in "ab"]
            try:
                for writer in writers:
                    writer.start()
                for _ in range(2):
                    written = len(acknowledged)
                    wait_until(lambda written=written: len(acknowledged) > written + 20)
                    server.kill()
                    time.sleep(0.5)  # the connections see that they have ended
                    # Asked while nobody answers, by a connection of before.
                    artifacts = [pb.Artifact(type_id=kind)]
                    asked = waiting.submit(handle.store.put_artifacts, artifacts)
                    server.start()
                    acknowledged.extend(asked.result(timeout=30))
                written = len(acknowledged)
                wait_until(lambda: len(acknowledged) > written)
            finally:
                enough.set()
            for writer in writers:
                writer.join(timeout=30)
            kept = {artifact.id for artifact in handle.store.get_artifacts()}
        assert len(acknowledged) == len(set(acknowledged)) and set(acknowledged) <= kept
        assert server.stop() == (0, "")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def healthy(port: int, service: str) -> Any:
    """The status that a probe of Kubernetes gets."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask = health_pb2_grpc.HealthStub(channel).Check
        return ask(health_pb2.HealthCheckRequest(service=service), timeout=9).status


def test_probes_are_answered(served: int, capsys: pytest.CaptureFixture[str]) -> None:
    for service in ("", SERVICE.full_name):
        assert healthy(served, service) == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as unknown:
        healthy(served, "other")
    assert unknown.value.code() == grpc.StatusCode.NOT_FOUND
    assert SERVICE.full_name in unknown.value.details()
    assert check(f"localhost:{served}") == 0
    assert capsys.readouterr().err == ""


def test_a_store_that_fails_makes_the_server_unready_but_not_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = (b"", "the disk is full", grpc.StatusCode.INTERNAL.value[0])
    monkeypatch.setattr(LockedStore, "call", lambda *_: failure)
    with serving(parse(str(tmp_path / "store.sqlite")), "127.0.0.1", 0) as port:
        assert healthy(port, "") == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as unready:
            healthy(port, SERVICE.full_name)
    assert unready.value.code() == grpc.StatusCode.UNAVAILABLE
    assert unready.value.details() == "the disk is full"


def test_a_check_says_that_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("localhost:1") == 1
    assert capsys.readouterr().err.startswith("no metadata store answers at localhost:1: ")


def test_a_second_server_of_a_file_is_refused(served: int, tmp_path: Path) -> None:
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "served.sqlite")
    for name in ("served.sqlite", "link.sqlite"):
        with pytest.raises(CannotOpen, match="another metadata server is using .*served.sqlite"):
            with serving(parse(str(tmp_path / name)), "127.0.0.1", 0):
                pass


def test_a_port_in_use_is_refused(served: int, tmp_path: Path) -> None:
    for host in ("127.0.0.1", "[::]"):
        with pytest.raises(CannotOpen, match=r"cannot listen on .*: Address already in use$"):
            with serving(parse(str(tmp_path / "other.sqlite")), host, served):
                pass
    assert not (tmp_path / "other.sqlite").exists()


def other_version(version: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        LockedStore(parse(str(folder / "store.sqlite")))
        with sqlite3.connect(folder / "store.sqlite") as database:
            database.execute(f"UPDATE MLMDEnv SET schema_version = {version}")
        return folder / "store.sqlite"

    return make


def no_database(folder: Path) -> Path:
    (folder / "store.sqlite").write_text("no database " * 99)
    return folder / "store.sqlite"


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda folder: folder / "missing" / "store", r"cannot write to .*/missing: No such file"),
        (lambda folder: folder, r".* is a folder; name a file in it"),
        (no_database, r"cannot open .*/store.sqlite: file is not a database$"),
        (other_version(6), r"its tables have version 6, and this ml-metadata wants \d+; use"),
        (other_version(99), r"its tables have version 99, and this ml-metadata wants \d+; use"),
    ],
)
def test_a_database_that_cannot_be_served_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], complaint: str
) -> None:
    with pytest.raises(CannotOpen, match=complaint):
        with serving(parse(str(make(tmp_path))), "127.0.0.1", 0):
            pass


class LosesConnection:
    """In the place of the library: every store that it makes fails in its first call."""

    def __init__(self) -> None:
        self.opened, self.asked = 0, []
        self.down = False

    def CreateMetadataStore(self, config: bytes, options: bytes) -> list[int]:
        if self.down:
            raise RuntimeError("Cannot connect")
        self.opened += 1
        return [self.opened]

    def __getattr__(self, method: str) -> Callable[[list[int], bytes], tuple[bytes, bytes, int]]:
        def call(store: list[int], request: bytes) -> tuple[bytes, bytes, int]:
            self.asked.append(method)
            if store == [1]:
                return b"", b"Lost connection", grpc.StatusCode.INTERNAL.value[0]
            return b"done", b"", 0

        return call


def test_a_lost_database_is_opened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = parse(str(tmp_path / "store.sqlite"))
    for method, times in (("GetArtifacts", 2), ("PutArtifacts", 1)):
        lost = LosesConnection()
        monkeypatch.setattr("kubeflow.metadata.locked_store.library", lost)
        store = LockedStore(database)
        first = store.call(method, b"")
        # A Put may have been carried out before the connection was lost.
        assert lost.asked == [method] * times
        assert first == ((b"done", "", 0) if times == 2 else (b"", "Lost connection", 13))
        assert store.call(method, b"") == (b"done", "", 0) and lost.opened == 2
    store = LockedStore(database)  # the third of this library, whose calls go well
    store._store, lost.down = None, True
    assert store.call("GetArtifacts", b"") == (
        *(b"", f"cannot open {database}: Cannot connect"),
        grpc.StatusCode.UNAVAILABLE.value[0],
    )


def test_mysql_is_asked_with_a_user_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(USER, raising=False)
    monkeypatch.setenv(PASSWORD, "s3cret")
    database = parse("mysql://127.0.0.1:1/mlmd")
    with pytest.raises(BadSetting, match=f"needs {USER} in the environment"):
        LockedStore(database)
    monkeypatch.setenv(USER, "ann")
    with pytest.raises(CannotOpen, match="127.0.0.1:1/mlmd does not answer: Connection refused$"):
        LockedStore(database)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--port", "8080"], "one of the arguments --database --check is required"),
        (["--port", "99999", "--database", "x"], "a port is a number up to 65535, not '99999'"),
        (["--database", "grpc://a:1"], "--database takes a file or mysql://HOST:PORT/DATABASE"),
        (["--database", "nfs://a/b"], "'nfs://a/b' is not a metadata store address"),
        (["--database", "/proc/none/store"], "cannot write to /proc/none"),
    ],
)
def test_bad_usage_ends_with_2_and_one_sentence(
    project: Path, arguments: list[str], complaint: str
) -> None:
    command = [sys.executable, "-m", "kubeflow.metadata.server", "--host=127.0.0.1"]
    if "--port" not in arguments:
        command.append("--port=0")
    done = subprocess.run(
        [*command, *arguments], cwd=project, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2 and done.stdout == ""
    assert complaint in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
