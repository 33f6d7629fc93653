"""The plan is the pipeline: its nodes, their order, and the code that they need."""

import dataclasses
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.compiler import compiler

from kubeflow.names import GPU_NODES, task_name
from kubeflow.pod import plan, run_node
from modules import families
from modules.kinds.classifier import Classifier
from pipeline import nodes
from pipeline.dag import create_pipeline
from pipeline.nodes import NODES, Node, source
from pipeline.settings import Settings, from_plain, make_settings
from pipeline.sources import PACKAGES, source_files
from tests.datasets import MNIST
from tests.runs import PROJECT

DATA = str(PROJECT / "data" / "mnist")
ASKED: dict[str, Any] = {
    "model": "transformer",
    "tuner": "hyperband",
    "profile": "smoke",
    "data_dir": "/app/data/mnist",
    "output": "/mnt/triptych/output",
    "metadata_store": "grpc://triptych-metadata:8080",
    "seed": "3",
}


def make(model: str, tuner: str = "hyperband") -> Settings:
    return make_settings(**{**ASKED, "model": model, "tuner": tuner, "dataset": MNIST})


@pytest.mark.parametrize("family", families.names())
def test_every_family_has_a_plan(family: str) -> None:
    made = plan.make_plan(make(family))
    assert made["name"] == f"triptych-{family}-smoke"
    assert from_plain(json.loads(json.dumps(made["settings"]))) == make(family)
    assert made["source"] == run_node.source_of(family)
    assert made["uses_gpu"] == (family != "forest")
    shown = {node["id"]: node["shows"] for node in made["nodes"] if node["shows"] != "node"}
    classifies = issubclass(families.load(family), Classifier)
    evaluator = "classifier_evaluator" if classifies else "evaluator"
    learners = dict.fromkeys(("Tuner", "Trainer"), "learner")
    assert shown == {"Evaluator": evaluator, "Pusher": "pusher", **learners}


def test_a_plan_has_the_nodes_and_edges_of_the_pipeline() -> None:
    settings = make("transformer")
    ir = compiler.Compiler().compile(create_pipeline(settings))
    edges = {
        node.node_info.id: set(node.upstream_nodes)
        for node in (one.pipeline_node for one in ir.nodes)
    }
    planned = plan.make_plan(settings)["nodes"]
    assert {node["id"]: set(node["upstream"]) for node in planned} == edges
    seen: set[str] = set()
    for node in planned:  # what is compiled can only wait for what stands before it
        assert set(node["upstream"]) <= seen
        seen.add(node["id"])
    assert "DataGate" in edges["Trainer"] & edges["Tuner"]


def test_without_a_search_there_is_no_tuner() -> None:
    with_it, without = (plan.make_plan(make("gan", tuner)) for tuner in ("grid", "none"))
    names = [[node["id"] for node in made["nodes"]] for made in (with_it, without)]
    assert set(names[0]) - set(names[1]) == {"Tuner"}
    assert all("Tuner" not in node["upstream"] for node in without["nodes"])


@pytest.mark.parametrize(("family", "tuner"), [("forest", "none"), ("vae", "hyperband")])
def test_folds_stand_between_search_and_training_and_their_gate_before_the_push(
    family: str, tuner: str
) -> None:
    def plan_of(folds: int) -> dict[str, set[str]]:
        settings = dataclasses.replace(make(family, tuner), folds=folds)
        return {one["id"]: set(one["upstream"]) for one in plan.make_plan(settings)["nodes"]}

    without, edges = plan_of(0), plan_of(5)
    assert set(edges) - set(without) == {"CrossValidator", "FoldsGate"}
    searched = set() if tuner == "none" else {"Tuner"}
    assert edges["CrossValidator"] == {"MnistExampleGen", "DataGate", *searched}
    assert edges["FoldsGate"] == {"CrossValidator"}
    assert edges["ServingCheck"] - without["ServingCheck"] == {"FoldsGate"}
    rest = set(without) - {"ServingCheck"}
    assert {name: edges[name] for name in rest} == {name: without[name] for name in rest}
    order = list(edges)
    assert order.index("CrossValidator") < order.index("Trainer") < order.index("FoldsGate")
    assert "CrossValidator" in GPU_NODES and "FoldsGate" not in GPU_NODES


@pytest.mark.parametrize("family", ["gan", "vae"])
def test_whoever_reads_samples_in_training_reads_those_of_folds(family: str) -> None:
    other = dataclasses.replace(MNIST, hash="f" * 64)
    settings = dataclasses.replace(make(family, "none"), folds=2, dataset=other)
    edges = {one["id"]: set(one["upstream"]) for one in plan.make_plan(settings)["nodes"]}
    assert edges["CrossValidator"] == edges["Trainer"] == {"MnistExampleGen", "DataGate", "Judge"}


def test_a_bound_of_folds_is_asked_of_their_gate_alone() -> None:
    compiled = []
    for bound in (0.9, 0.8):
        settings = dataclasses.replace(make("forest"), folds=2, gates={"folds": bound})
        ir = compiler.Compiler().compile(create_pipeline(settings))
        compiled.append({one.pipeline_node.node_info.id: one for one in ir.nodes})
    one, other = compiled
    assert {name for name in one if one[name] != other[name]} == {"FoldsGate"}


def test_without_a_baseline_nothing_is_compared_and_no_change_is_asked_for() -> None:
    given = {**ASKED, "model": "gan", "tuner": "none", "dataset": MNIST}
    bounds = dict.fromkeys(families.load("gan").evaluation.demanded, 0.5)
    asked = []
    for compared in ("true", "false"):
        settings = make_settings(**given, gates=bounds, baseline=compared)
        plain = json.loads(json.dumps(plan.make_plan(settings)["settings"]))
        assert from_plain(plain) == settings and settings.baseline == (compared == "true")
        ir = compiler.Compiler().compile(create_pipeline(settings))
        by_id = {one.pipeline_node.node_info.id: one.pipeline_node for one in ir.nodes}
        judge = by_id["Evaluator"]
        assert (
            ("Baseline" in by_id)
            == ("baseline_model" in judge.inputs.inputs)
            == (compared == "true")
        )
        asked.append(set(json.loads(judge.parameters.parameters["gates"].field_value.string_value)))
    assert asked == [{*bounds, "coverage_drop"}, set(bounds)]


@pytest.mark.parametrize("family", families.names())
def test_the_source_is_that_of_all_that_pods_run(
    family: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: set[Path] = set()
    with monkeypatch.context() as patch:
        patch.setattr(nodes, "source_hash", lambda *names: hashed.update(source_files(*names)))
        run_node.source_of(family)
    # A compiled pipeline names executors, entry points and metrics with their modules.
    ir = str(compiler.Compiler().compile(create_pipeline(make(family))))
    named = re.findall(rf"(?<![\w.])(?:{'|'.join(PACKAGES)})(?:\.[a-z]\w*)+", ir)
    run = {project.joinpath(*name.split(".")).with_suffix(".py") for name in named}
    run = {path if path.is_file() else path.parent.with_suffix(".py") for path in run}
    known = {"trainer", "tuner", "slice_figures", "inspector", "serving_check"}
    assert {path.stem for path in run} > known
    run |= {*source_files("kubeflow.pod.run_node", f"modules.families.{family}")}
    assert run - hashed == set()


def test_names_in_kubeflow() -> None:
    names = {"MnistExampleGen": "mnist-example-gen", "Tuner": "tuner", "DataGate": "data-gate"}
    assert {node: task_name(node) for node in names} == names
    assert {"Tuner", "Trainer"} <= set(GPU_NODES)


def test_relative_paths_are_those_of_whoever_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    layers = [{"values": ASKED | {"output": "here"}}]
    asked = {"folder": str(tmp_path), "layers": layers, "data_from": DATA}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(asked)))
    monkeypatch.chdir("/")
    assert plan.main() == 0
    assert json.loads(capsys.readouterr().out)["settings"]["output"] == str(tmp_path / "here")


def ask(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> int:
    layers = [{"values": ASKED, "source": ""}, {"values": changes, "source": "a.toml"}]
    asked = {"folder": os.getcwd(), "layers": layers, "data_from": DATA}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(asked)))
    return plan.main()


def test_the_command_prints_the_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["settings"]["seed"] == 3 and len(printed["nodes"]) == 12


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x": 1}, "a.toml: unknown setting 'x'; choose model, tuner"),
        ({"hyperparameters.x": 1}, "unknown hyperparameter 'x'; choose batch_size"),
        ({"hyperparameters.heads": "many"}, "hyperparameters.heads"),
        ({"metadata_store": "http://a:1"}, "a.toml: 'http://a:1' is not a metadata store address"),
        ({"model": "nonesuch"}, "unknown model 'nonesuch'"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    changes: dict[str, Any],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ask(monkeypatch, **changes) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and words in printed.err and printed.err.count("\n") == 1


@pytest.mark.parametrize(("tuner", "folds"), [("hyperband", 0), ("hyperband", 2), ("none", 0)])
def test_the_table_of_nodes_has_a_row_for_each_node_of_the_graph(tuner: str, folds: int) -> None:
    settings = dataclasses.replace(make("transformer", tuner), folds=folds)
    ids = [node["id"] for node in plan.make_plan(settings)["nodes"]]
    left_out = {"Judge"} | ({"Tuner"} if tuner == "none" else set())
    left_out |= set() if folds else {"CrossValidator", "FoldsGate"}
    assert set(ids) == {node.id for node in NODES} - left_out
    assert len({node.id for node in NODES}) == len(NODES)


@pytest.mark.parametrize("family", families.names())
@pytest.mark.parametrize("node", [node for node in NODES if node.code], ids=lambda node: node.id)
def test_the_code_of_a_row_is_there(node: Node, family: str) -> None:
    assert len(source(node.id, family)) == 16
