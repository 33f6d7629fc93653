"""What KFP's UI shows of a node: Markdown, and of the Evaluator metrics, curves and a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.gates import read_record
from components.results import page
from components.results.facts import Evaluation, Outputs, read_evaluation, read_training
from components.results.report import Report
from components.results.summary import Node, Summary, Verdict
from pipeline.outcome import Finished
from pipeline.settings import Settings, to_plain
from pipeline.verdict import refusal

Shown = Mapping[str, Any]


def show_node(node: Node, outputs: Outputs, shown: Shown) -> None:
    """Fills a node's `summary`: its state, its headline, and where its outputs are."""
    lines = [f"# {node.node}: {node.state}", "", node.headline, ""]
    artifacts = [(key, one.uri) for key, found in sorted(outputs.items()) for one in found]
    if artifacts:
        lines += ["| output | where |", "|---|---|"]
        lines += [f"| {key} | `{uri}` |" for key, uri in artifacts]
    _write(shown["summary"], "\n".join(lines))


def show_evaluation(finished: Sequence[Finished], settings: Settings, shown: Shown) -> None:
    """Fills the Evaluator's `metrics`, `report` and, of a classifier, `classification`."""
    outputs = {node.outcome.node_id: node.outputs for node in finished}
    evaluation = read_evaluation(outputs["Evaluator"])
    for name, value in evaluation.overall.items():
        if isinstance(value, float):
            shown["metrics"].log_metric(name, value)
    if "classification" in shown:
        _show_classification(evaluation, shown["classification"])
    record = read_record(outputs["Evaluator"]["evaluation"][0].uri)
    # How it will end is not known here: a blessed model may still fail to be pushed.
    verdict = refusal(record.failures) if record.failures else Verdict("blessed", 0, "blessed")
    summary = Summary(
        verdict,
        nodes=tuple(node.node for node in finished),
        settings=to_plain(settings),
        seed=settings.seed,
        training=read_training(outputs["Trainer"]) if "Trainer" in outputs else None,
        evaluation=evaluation,
    )
    _write(shown["report"], page.render(Report(summary)))


def show_verdict(summary: Summary, file: str, shown: Shown) -> None:
    """Fills the last task's `summary`: how the run ended, every node, and where the rest is."""
    verdict = summary.verdict
    lines = [f"# {verdict.outcome}", "", verdict.reason, "", "| node | state | seconds | |"]
    lines.append("|---|---|---|---|")
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
