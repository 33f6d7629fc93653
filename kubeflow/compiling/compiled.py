"""Reads a compiled file: strictly, as KFP does, and task by task. Runs in kfp's environment."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

Spec = Mapping[str, Any]


class Unreadable(ValueError):
    """A file that is not a compiled pipeline; the message completes "the file ..."."""


class Task(NamedTuple):
    """All that a file says of one task, from several places; empty where it says nothing."""

    name: str
    spec: Spec
    executor: Spec
    platform: Spec  # what is specific to Kubernetes
    constants: Spec  # the arguments, by name


def read(file: Path) -> tuple[str, list[Spec], list[Task]]:
    """Reads both documents with KFP's own protos, which know every field there is.

    Returns:
        The text; the pipeline and its platform; the tasks.

    Raises:
        Unreadable: it is not YAML, not these two documents, or has a field that KFP does not know.
    """
    import yaml

    try:
        text = file.read_text(encoding="utf-8")
        documents = list(yaml.safe_load_all(text))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise Unreadable(f"is not YAML: {_line(error)}") from None
    if len(documents) != 2 or not all(isinstance(one, dict) for one in documents):
        kinds = ", ".join(type(one).__name__ for one in documents) or "nothing"
        raise Unreadable(f"is not two YAML documents, a pipeline and its platform, but {kinds}")
    try:
        _parse(*documents)
    except Exception as error:  # protobuf raises many kinds
        raise Unreadable(f"is not a pipeline that KFP v2 can read: {_line(error)}") from None
    return text, documents, _tasks(*documents)


def at(spec: Spec, *keys: str) -> Any:
    """Finds the mapping below some keys; an empty one if there is none."""
    found: Any = spec
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _parse(spec: Spec, platform: Spec) -> None:
    from google.protobuf import json_format
    from kfp.kubernetes import kubernetes_executor_config_pb2
    from kfp.pipeline_spec import pipeline_spec_pb2

    json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    deployment = pipeline_spec_pb2.PipelineDeploymentConfig()
    json_format.ParseDict(at(spec, "deploymentSpec"), deployment)
    json_format.ParseDict(platform, pipeline_spec_pb2.PlatformSpec())
    for config in _platforms(platform).values():
        json_format.ParseDict(config, kubernetes_executor_config_pb2.KubernetesExecutorConfig())


def _platforms(platform: Spec) -> Spec:
    return at(platform, "platforms", "kubernetes", "deploymentSpec", "executors")


def _tasks(spec: Spec, platform: Spec) -> list[Task]:
    """The tasks of the root and of the DAGs below it, such as an exit handler's."""
    found, waiting, seen = [], [at(spec, "root", "dag")], set()
    while waiting:
        for name, task in at(waiting.pop(), "tasks").items():
            reference = str(at(task, "componentRef").get("name"))
            component = at(spec, "components", reference)
            if "dag" in component:
                if reference not in seen:  # a damaged file may have a circle
                    waiting.append(at(component, "dag"))
                seen.add(reference)
                continue
            label = str(component.get("executorLabel"))
            constants = {
                argument: at(value, "runtimeValue").get("constant")
                for argument, value in at(task, "inputs", "parameters").items()
                if "taskFinalStatus" not in at(value)
            }
            executor = at(spec, "deploymentSpec", "executors", label)
            found.append(Task(name, task, executor, at(_platforms(platform), label), constants))
    return found


def in_order(spec: Spec) -> list[str]:
    """The names of the tasks in an order in which they can run: those that end a DAG last."""
    order: list[str] = []

    def run(dag: Spec) -> None:
        tasks = at(dag, "tasks")
        waits = {name: at(task).get("dependentTasks") or [] for name, task in tasks.items()}
        for name in graphlib.TopologicalSorter(waits).static_order():
            component = at(spec, "components", str(at(tasks, name, "componentRef").get("name")))
            if "dag" in component:
                run(at(component, "dag"))
            else:
                order.append(name)

    run(at(spec, "root", "dag"))
    return order


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
