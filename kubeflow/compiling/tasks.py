"""The functions that KFP calls in a pod: one for each set of things that its UI can show.

kfp copies the source of each into the compiled file, so they do nothing but call ours.
"""

from kfp import dsl


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


def verdict(
    settings: str,
    node_id: str,
    run_id: str,
    source: str,
    gpus: int,
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
