"""The functions that KFP calls in a pod: one for each set of things that its UI can show.

kfp copies the source of each into the compiled file, so they do nothing but call ours. Of the
settings, which are one argument, those that `shown` gives are also arguments by themselves: KFP's
UI and MLflow show a task's arguments one by one. A pod reads none of these.
"""

from collections.abc import Mapping
from typing import Any

from kfp import dsl

TELLING = ("learner", "verdict")  # the functions that have these arguments


def shown(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a person looks for, one by one."""
    data = settings["data"]
    return {
        "model": settings["model"],
        "profile": settings["profile"],
        "tuner": settings["tuner"],
        "seed": settings["seed"],
        "epochs": settings["training"]["epochs"],
        "train_images": str(data["train_images"]),
        "test_images": str(data["test_images"]),
    }


def node(
    settings: str,
    node_id: str,
    run_id: str,
    source: str,
    gpus: int,
    summary: dsl.Output[dsl.Markdown],
) -> None:
    """Runs a node."""
    from kubeflow.pod import run_node

    run_node.run(settings, node_id, run_id, source, gpus, summary=summary)


def learner(
    settings: str,
    node_id: str,
    run_id: str,
    source: str,
    gpus: int,
    model: str,
    profile: str,
    tuner: str,
    seed: int,
    epochs: int,
    train_images: str,
    test_images: str,
    summary: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Runs a node that learns; the settings that a person looks for are arguments of their own."""
    from kubeflow.pod import run_node

    run_node.run(settings, node_id, run_id, source, gpus, summary=summary, metrics=metrics)


def verdict(
    settings: str,
    node_id: str,
    run_id: str,
    source: str,
    gpus: int,
    model: str,
    profile: str,
    tuner: str,
    seed: int,
    epochs: int,
    train_images: str,
    test_images: str,
    status: dsl.PipelineTaskFinalStatus,
    summary: dsl.Output[dsl.Markdown],
) -> None:
    """Gives the verdict on the run; by its status, KFP knows that it runs last, at any end."""
    from kubeflow.pod import run_node

    run_node.run(settings, node_id, run_id, source, gpus, summary=summary)


def evaluator(
    settings: str,
    node_id: str,
    run_id: str,
    source: str,
    gpus: int,
    summary: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Runs the Evaluator, and shows its results."""
    from kubeflow.pod import run_node

    shown = {"summary": summary, "metrics": metrics}
    run_node.run(settings, node_id, run_id, source, gpus, **shown)


def classifier_evaluator(
    settings: str,
    node_id: str,
    run_id: str,
    source: str,
    gpus: int,
    summary: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
    classification: dsl.Output[dsl.ClassificationMetrics],
) -> None:
    """Runs the Evaluator of a family that classifies."""
    from kubeflow.pod import run_node

    shown = {"summary": summary, "metrics": metrics, "classification": classification}
    run_node.run(settings, node_id, run_id, source, gpus, **shown)


def pusher(
    settings: str,
    node_id: str,
    run_id: str,
    source: str,
    gpus: int,
    summary: dsl.Output[dsl.Markdown],
    report: dsl.Output[dsl.HTML],
) -> None:
    """Runs the Pusher, the last node, which succeeds also where nothing is pushed."""
    from kubeflow.pod import run_node

    run_node.run(settings, node_id, run_id, source, gpus, summary=summary, report=report)
