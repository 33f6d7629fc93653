"""What the metadata store says of a run."""

import time
from pathlib import Path

import ml_metadata as mlmd
import pytest
from ml_metadata.proto import metadata_store_pb2
from tfx.proto.orchestration import pipeline_pb2

from pipeline.history import finished_nodes, last_completed

PIPELINE = "triptych-transformer"
NODES = ("CuratedSchema", "DataGate", "Evaluator", "Last")  # the last has no row in the table
Execution = metadata_store_pb2.Execution


class History:
    """A store, and executions written into it as TFX does."""

    def __init__(self, file: Path) -> None:
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(file)
        self.store = mlmd.MetadataStore(config)
        self._kind = self.store.put_execution_type(
            metadata_store_pb2.ExecutionType(name="any component")
        )
        self._data = self.store.put_artifact_type(metadata_store_pb2.ArtifactType(name="Data"))
        self._contexts = {
            kind: self.store.put_context_type(metadata_store_pb2.ContextType(name=kind))
            for kind in ("pipeline", "pipeline_run", "node")
        }

    def _context(self, kind: str, name: str) -> metadata_store_pb2.Context:
        found = self.store.get_context_by_type_and_name(kind, name)
        return found or metadata_store_pb2.Context(type_id=self._contexts[kind], name=name)

    def execute(self, run: str, node: str, state: int, uri: str = "") -> int:
        """Writes an execution, with an output when there is a URI; returns its id."""
        execution = Execution(type_id=self._kind, last_known_state=Execution.State.Name(state))
        outputs = []
        if uri:
            event = metadata_store_pb2.Event(type=metadata_store_pb2.Event.OUTPUT)
            event.path.steps.add().key = "data"
            event.path.steps.add().index = 0
            outputs = [(metadata_store_pb2.Artifact(type_id=self._data, uri=uri), event)]
        contexts = [
            self._context("pipeline", PIPELINE),
            self._context("pipeline_run", run),
            self._context("node", f"{PIPELINE}.{node}"),
        ]
        ident, _, _ = self.store.put_execution(execution, outputs, contexts)
        return ident

    def of(self, run: str) -> list[tuple[str, str]]:
        """The names and the states that are found."""
        ir = pipeline_pb2.Pipeline()
        ir.pipeline_info.id = PIPELINE
        for name in NODES:
            ir.nodes.add().pipeline_node.node_info.id = name
        self.found = finished_nodes(self.store, ir, run, Path("/output"))
        return [(node.outcome.node_id, node.outcome.state) for node in self.found]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "metadata.sqlite")


def test_runs_are_kept_apart_and_in_the_order_of_the_pipeline(history: History) -> None:
    history.execute("one", "Last", Execution.COMPLETE)
    history.execute("two", "DataGate", Execution.COMPLETE)
    history.execute("two", "CuratedSchema", Execution.CACHED)
    assert history.of("one") == [("Last", "done")]
    assert history.of("two") == [("CuratedSchema", "cached"), ("DataGate", "done")]
    assert history.found[1].headline == "the data fits its schema"


def test_a_second_try_takes_the_place_of_the_first(history: History) -> None:
    history.execute("one", "DataGate", Execution.FAILED)
    assert history.of("one") == []
    history.execute("one", "DataGate", Execution.COMPLETE)
    assert history.of("one") == [("DataGate", "done")]


@pytest.mark.parametrize(
    "state", [Execution.NEW, Execution.RUNNING, Execution.FAILED, Execution.CANCELED]
)
def test_what_has_not_succeeded_is_not_there(history: History, state: int) -> None:
    history.execute("one", "DataGate", state)
    history.execute("one", "Last", Execution.COMPLETE)
    assert history.of("one") == [("Last", "done")]


def test_outputs_and_time_come_from_the_store(history: History) -> None:
    history.execute("one", "Last", Execution.COMPLETE, uri="/a/1")
    ident = history.execute("two", "Last", Execution.RUNNING, uri="/a/2")
    time.sleep(0.05)
    [execution] = history.store.get_executions_by_id([ident])
    execution.last_known_state = Execution.COMPLETE
    history.store.put_executions([execution])
    history.of("two")
    [node] = history.found
    assert [artifact.uri for artifact in node.outputs["data"]] == ["/a/2"]
    assert node.outcome.execution_id == ident
    assert 0.05 <= node.outcome.seconds < 20


def test_a_run_that_nobody_knows_is_empty(history: History) -> None:
    assert history.of("one") == []
    history.execute("one", "Last", Execution.COMPLETE)
    assert history.of("another") == []


def test_nodes_that_the_pipeline_does_not_have_are_left_out(history: History) -> None:
    history.execute("one", "Old", Execution.COMPLETE)
    history.execute("one", "Last", Execution.COMPLETE)
    assert history.of("one") == [("Last", "done")]


def test_when_a_node_last_came_to_its_end_is_known(history: History) -> None:
    assert last_completed(history.store, f"{PIPELINE}.Last") == 0
    before = time.time()
    history.execute("one", "Last", Execution.COMPLETE)
    ended = last_completed(history.store, f"{PIPELINE}.Last")
    assert before - 1 < ended < time.time() + 1
    time.sleep(0.01)
    for state in (Execution.RUNNING, Execution.CANCELED, Execution.CACHED):
        history.execute("two", "Last", state)
    assert last_completed(history.store, f"{PIPELINE}.Last") == ended
