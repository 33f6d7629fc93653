"""How a run ended, by what its nodes and its gates said."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.gates import Failure, Record, broken_off, write_record
from components.results.summary import Verdict
from pipeline.exit_codes import ExitCode
from pipeline.outcome import Finished, Outcome
from pipeline.verdict import decide, end, read_records

NODES = ("ExampleValidator", "DataGate", "Evaluator", "ServingCheck", "Pusher")
LOW = Failure("Evaluator", "accuracy", "overall", 0.1, "at least", 0.9, 100)
EIGHT = Failure("Evaluator", "accuracy", "label=8", 0.0, "at least", 0.4, 10)
ANOMALY = Failure("DataGate", "mean_ink", "test", None, "must", None, 0, "does not fit: too low")
UNSERVED = Failure("ServingCheck", "sample", "overall", None, "must", None, 64, "cannot be served")
# Where each gate writes its record: beside whose output.
BESIDE = {
    "DataGate": "ExampleValidator",
    "Evaluator": "Evaluator",
    "ServingCheck": "ServingCheck",
    "CrossValidator": "DataGate",
}


class Run:
    """Nodes that are done, and what their gates have said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def say(self, gate: str, *failures: Failure) -> None:
        write_record(self.folder / BESIDE[gate], gate, failures)

    def nodes(self, *names: str, pushed: str = "") -> list[Finished]:
        return [self._node(name, pushed) for name in names or NODES]

    def _node(self, name: str, pushed: str) -> Finished:
        properties = {
            "pushed": SimpleNamespace(int_value=int(bool(pushed))),
            "pushed_destination": SimpleNamespace(string_value=pushed),
        }
        key = "pushed_model" if name == "Pusher" else "output"
        artifact: Any = SimpleNamespace(uri=str(self.folder / name), custom_properties=properties)
        return Finished(Outcome(name, "done", 1.0, 1), "", {key: [artifact]})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run in which every gate has said yes."""
    run = Run(tmp_path)
    for gate in ("DataGate", "Evaluator", "ServingCheck"):
        run.say(gate)
    return run


def stopped(state: str, **how: Any) -> Finished:
    return Finished(Outcome("DataGate", state, 1.0, reason="why", **how), "why", {})


def test_a_pushed_model_is_where_the_verdict_says(run: Run) -> None:
    verdict = decide(run.nodes(pushed="/serving/1"), NODES)
    assert verdict == Verdict("pushed", 0, "/serving/1")
    assert str(verdict) == "pushed: /serving/1"


def test_a_refusal_has_the_failures_of_every_gate(run: Run) -> None:
    run.say("Evaluator", LOW, EIGHT)
    run.say("ServingCheck", UNSERVED)
    verdict = decide(run.nodes(), NODES)
    assert (verdict.outcome, verdict.exit_code) == ("refused", 3)
    assert verdict.failures == (LOW, EIGHT, UNSERVED)
    assert verdict.reason == f"{LOW}; {EIGHT} and 1 more"


def test_a_gate_that_nobody_foresaw_is_read_the_same_way(run: Run) -> None:
    spread = Failure("CrossValidator", "accuracy", "fold=3", 0.7, "at least", 0.8, 900)
    run.say("CrossValidator", spread)
    assert decide(run.nodes(), NODES).failures == (spread,)


def test_a_model_that_was_not_pushed_without_a_no_is_a_failure(run: Run) -> None:
    verdict = decide(run.nodes(), NODES)
    assert (verdict.outcome, verdict.exit_code, verdict.failures) == ("failed", 1, ())
    assert verdict.reason == "nothing was pushed, although no gate refused the model"


def test_one_of_several_seeds_is_done_when_it_is_judged(run: Run) -> None:
    nodes, expected = [*run.nodes()][:-1], [name for name in NODES if name != "Pusher"]
    verdict = decide(nodes, expected)
    assert (verdict.outcome, verdict.exit_code) == ("judged", 0)
    assert decide(nodes[:-1], expected).outcome == "failed"
    run.say("Evaluator", LOW)
    assert decide(nodes, expected).failures == (LOW,)


def test_a_gate_that_stops_the_run_says_why(run: Run) -> None:
    nodes = [*run.nodes("ExampleValidator"), stopped("refused", failures=(ANOMALY,))]
    assert decide(nodes) == Verdict("refused", 3, "why", (ANOMALY,))


def test_a_node_that_broke_is_named(run: Run) -> None:
    nodes = [*run.nodes("ExampleValidator"), stopped("failed")]
    assert decide(nodes) == Verdict("failed", 1, "DataGate: why")


@pytest.mark.parametrize("name", ["Tuner", "Trainer"])
def test_a_node_that_came_to_nothing_ends_the_run_although_it_is_done(run: Run, name: str) -> None:
    nodes = [*run.nodes("ExampleValidator", "DataGate"), *run.nodes(name)]
    assert not nodes[-1].ends
    failure = broken_off(name, "training", "training stopped in epoch 2: the loss is nan")
    write_record(run.folder / name, name, [failure])
    assert nodes[-1].ends and nodes[-1].outcome.ok
    said = Verdict("refused", 3, "training stopped in epoch 2: the loss is nan", (failure,))
    assert decide(nodes) == decide(nodes, (*NODES, name)) == said


def test_a_gate_that_judges_the_model_does_not_end_the_run(run: Run) -> None:
    run.say("Evaluator", LOW)
    assert not any(node.ends for node in run.nodes())


def test_from_outside_a_gate_that_stopped_the_run_is_known_by_its_record(run: Run) -> None:
    run.say("DataGate", ANOMALY)
    verdict = decide(run.nodes("ExampleValidator"), NODES)
    assert verdict == Verdict("refused", 3, str(ANOMALY), (ANOMALY,))


def test_from_outside_a_node_that_broke_is_missing(run: Run) -> None:
    run.say("Evaluator", LOW)  # which is not why the check broke
    verdict = decide(run.nodes("ExampleValidator", "DataGate", "Evaluator"), NODES)
    assert verdict == Verdict("failed", 1, "this run has no result for ServingCheck, Pusher")
    assert decide([], NODES[:1]).reason == "this run has no result for ExampleValidator"


def test_records_are_in_the_order_of_the_nodes(run: Run) -> None:
    run.say("ServingCheck", UNSERVED)
    assert read_records(run.nodes()) == [
        Record("DataGate", True),
        Record("Evaluator", True),
        Record("ServingCheck", False, (UNSERVED,)),
    ]


def test_every_way_to_end_has_the_name_of_its_exit_code() -> None:
    assert end(ExitCode.INTERRUPTED, "by you") == Verdict("interrupted", 130, "by you")
    assert {end(code).outcome for code in ExitCode} >= {"pushed", "refused", "failed"}
