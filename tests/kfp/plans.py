"""Plans written by hand, and what a compiled file says, for tests without TFX."""

from pathlib import Path
from typing import Any

import yaml

from kubeflow.compile import compile_plan
from kubeflow.compiling.cluster import Cluster
from modules.data.dataset import to_plain
from tests.datasets import MNIST

IMAGE = "registry.example/triptych:1.2.3"
EDGES: dict[str, list[str]] = {
    "CuratedSchema": [],
    "MnistExampleGen": [],
    "StatisticsGen": ["CuratedSchema", "MnistExampleGen"],
    "ExampleValidator": ["CuratedSchema", "StatisticsGen"],
    "DataGate": ["ExampleValidator"],
    "Tuner": ["DataGate", "MnistExampleGen"],
    "Trainer": ["DataGate", "MnistExampleGen", "Tuner"],
    "Baseline": ["Trainer"],
    "Evaluator": ["Baseline", "MnistExampleGen", "Trainer"],
    "Inspector": ["Evaluator", "MnistExampleGen", "Trainer"],
    "ServingCheck": ["Evaluator", "MnistExampleGen", "Trainer"],
    "Pusher": ["Evaluator", "Inspector", "ServingCheck", "Trainer"],
}

# Those of the transformer's smoke profile, as pipeline.settings.to_plain writes them.
SETTINGS: dict[str, Any] = {
    "model": "transformer",
    "tuner": "hyperband",
    "profile": "smoke",
    "data_dir": "/app/data/mnist",
    "output": "/mnt/triptych/output",
    "metadata_store": "grpc://triptych-metadata:8080",
    "seed": 1,
    "baseline": True,
    "data": {"train_images": 6000, "test_images": 2000, "transposed": False},
    "tuning": {"max_epochs": 1, "factor": 3, "max_trials": 1, "images": 2000},
    "training": {"epochs": 6, "repeat": 0},
    "judge": {"accuracy": 0.95},
    "checks": {"muted": "none"},
    "gates": {
        "accuracy": 0.93,
        "class_accuracy": 0.80,
        "stroke_accuracy": 0.85,
        "class_precision": 0.80,
        "class_auc": 0.99,
        "cross_entropy": 0.30,
        "auc": 0.99,
        "accuracy_drop": 0.002,
    },
    "hyperparameters": {},
    "dataset": to_plain(MNIST),
}


def make_plan(
    model: str = "transformer", tuner: str = "hyperband", only: tuple[str, ...] = tuple(EDGES)
) -> dict[str, Any]:
    """A plan as kubeflow.pod.plan makes it, of all nodes or of some."""
    names = [name for name in only if name != "Tuner" or tuner != "none"]
    judged = "classifier_evaluator" if model == "transformer" else "evaluator"
    shown = {"Evaluator": judged, "Pusher": "pusher", "Tuner": "learner", "Trainer": "learner"}
    nodes = [
        {
            "id": name,
            "upstream": [upstream for upstream in EDGES[name] if upstream in names],
            "shows": shown.get(name, "node"),
        }
        for name in names
    ]
    return {
        "name": f"triptych-{model}-smoke",
        "settings": {**SETTINGS, "model": model, "tuner": tuner},
        "source": "0123456789abcdef",
        "nodes": nodes,
    }


def compile_to(file: Path, plan: dict[str, Any] | None = None, **cluster: Any) -> list[Any]:
    """Compiles; returns the documents of the file."""
    compile_plan(
        plan or make_plan(), Cluster(**{"image": IMAGE, "volume": "claim"} | cluster), file
    )
    return read(file)


def read(file: Path) -> list[Any]:
    """The documents of a compiled file."""
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def tasks(documents: list[Any]) -> dict[str, Any]:
    """What the pipeline's graph says of each task, and of the last one."""
    return {**inner(documents), "verdict": documents[0]["root"]["dag"]["tasks"]["verdict"]}


def inner(documents: list[Any]) -> dict[str, Any]:
    """What is below the exit handler."""
    return documents[0]["components"]["comp-exit-handler-1"]["dag"]["tasks"]


def constant(task: dict[str, Any], argument: str) -> Any:
    """The value of a task's argument."""
    return task["inputs"]["parameters"][argument]["runtimeValue"]["constant"]


def container(documents: list[Any], task: str) -> dict[str, Any]:
    """The container that a task runs."""
    return documents[0]["deploymentSpec"]["executors"][f"exec-{task}"]["container"]


def platforms(documents: list[Any]) -> dict[str, Any]:
    """What is Kubernetes' own, by executor."""
    return documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
