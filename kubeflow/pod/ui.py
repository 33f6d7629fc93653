"""What KFP's UI shows of a node: Markdown, of the Evaluator metrics and curves, and the report."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from components.results.facts import Evaluation, Outputs, read_evaluation
from components.results.markdown import to_markdown
from components.results.summary import Node, Summary
from kubeflow.pod.figures import show_learning
from pipeline.reports import Made

Shown = Mapping[str, Any]


def show_node(node: Node, outputs: Outputs, shown: Shown, told: Callable[[str], str] = str) -> None:
    """Fills a node's `summary`: its state, its headline, and where its outputs are.

    Args:
        node: as a fact.
        outputs: its artifacts.
        shown: KFP's artifacts.
        told: gives a path as people find it.
    """
    lines = [f"# {node.node}: {node.state}", "", node.headline, ""]
    artifacts = [(key, one.uri) for key, found in sorted(outputs.items()) for one in found]
    if artifacts:
        lines += ["| output | where |", "|---|---|"]
        lines += [f"| {key} | `{told(uri)}` |" for key, uri in artifacts]
    _write(shown["summary"], "\n".join(lines))


def show_figures(outputs: Outputs, shown: Shown) -> None:
    """Fills the `metrics` of a node that learns or judges."""
    if "evaluation" in outputs:
        show_evaluation(outputs, shown)
    else:
        show_learning(outputs, shown)


def show_evaluation(outputs: Outputs, shown: Shown) -> None:
    """Fills the Evaluator's `metrics` and, of a classifier, `classification`."""
    evaluation = read_evaluation(outputs)
    for name, value in evaluation.overall.items():
        if isinstance(value, float):
            shown["metrics"].log_metric(name, value)
    if "classification" in shown:
        _show_classification(evaluation, shown["classification"])


def show_report(made: Made, shown: Shown) -> None:
    """Fills the Pusher's `report`: the page of the run, or why there is none."""
    if made.page:
        _write(shown["report"], made.page.read_text(encoding="utf-8"))
    else:
        _write(shown["report"], f"<!DOCTYPE html>\n<p>{html.escape(made.line)}</p>\n")


def show_verdict(summary: Summary, made: Made, file: str, shown: Shown) -> None:
    """Fills the last task's `summary`: how the run ended, every node, and where the rest is."""
    verdict = summary.verdict
    if made.report:
        told = to_markdown(made.report).strip()
    else:
        told = f"# {verdict.outcome}\n\n{verdict.reason}"
    lines = [told, "", "| node | state | seconds | |", "|---|---|---|---|"]
    for node in summary.nodes:
        lines.append(f"| {node.node} | {node.state} | {node.seconds:.1f} | {node.headline} |")
    lines += ["", f"`{file}` has everything."]
    _write(shown["summary"], "\n".join(lines))


def _show_classification(evaluation: Evaluation, artifact: Any) -> None:
    matrix = [list(row) for row in evaluation.confusion]
    artifact.log_confusion_matrix(list(evaluation.classes), matrix)
    for threshold, alarms, hits in pooled_roc(evaluation.curves, matrix):
        artifact.log_roc_data_point(alarms, hits, threshold)


def pooled_roc(
    curves: Sequence[Sequence[Sequence[float | None]]], confusion: Sequence[Sequence[int]]
) -> list[tuple[float, float, float]]:
    """One ROC curve of all classes: every pair of an image and a class counts as a case.

    Args:
        curves: by class, rows of threshold, false and true positive rate (see CURVE_COLUMNS).
        confusion: a row an actual class.

    Returns:
        Threshold, false positive rate and true positive rate, the highest threshold first.
    """
    actual = [sum(row) for row in confusion]
    total = sum(actual)
    points = []
    for rows in zip(*curves, strict=True):
        alarms = sum((row[1] or 0.0) * (total - n) for row, n in zip(rows, actual, strict=True))
        hits = sum((row[2] or 0.0) * n for row, n in zip(rows, actual, strict=True))
        negatives = sum(total - n for n in actual)
        points.append((float(rows[0][0] or 0.0), alarms / negatives, hits / total))
    # Not a number and infinity have no place in JSON, and so in what KFP keeps.
    return [point for point in reversed(points) if all(map(math.isfinite, point))]


def _write(artifact: Any, text: str) -> None:
    path = Path(artifact.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
