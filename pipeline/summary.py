"""summary.json: everything about a run that a person or a program may want to know."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from modules.util.files import write_json
from pipeline.node import Outcome
from pipeline.results import Outputs, read_evaluation, read_training, read_tuning
from pipeline.settings import Settings, to_plain
from pipeline.sources import source_hash
from pipeline.verdict import (
    PUSHED,
    REFUSED,
    Failure,
    Verdict,
    pushed_path,
    read_failures,
    refusal,
)

_PACKAGES = (
    "tfx",
    "tensorflow",
    "keras",
    "keras-tuner",
    "tensorflow-model-analysis",
    "apache-beam",
    "scikit-learn",
    "numpy",
)


@dataclasses.dataclass(frozen=True)
class Finished:
    """A node that has run: what became of it, its figure, and what it wrote."""

    outcome: Outcome
    figure: str
    outputs: Outputs


def judge(outputs: Mapping[str, Outputs], family: str) -> Verdict:
    """Decides how a run ended in which every node did its work.

    Args:
        outputs: of each node, by its name.
        family: whose model it is.
    """
    path = pushed_path(outputs["Pusher"]["pushed_model"][0])
    if path:
        return Verdict(PUSHED, path)
    failures = evaluation_failures(outputs["Evaluator"], family)
    if failures:
        return refusal(failures)
    problem = outputs["ServingCheck"]["blessing"][0].custom_properties["reason"].string_value
    return Verdict(REFUSED, f"the exported model cannot be served: {problem}")


def evaluation_failures(outputs: Outputs, family: str) -> list[Failure]:
    """Reads which thresholds the Evaluator found unmet; none when it blessed the model."""
    if outputs["blessing"][0].custom_properties["blessed"].int_value:
        return []
    evaluation = read_evaluation(outputs, family)
    slices = {"overall": evaluation["overall"], **evaluation["slices"]}
    counts = {name: int(figures["example_count"]) for name, figures in slices.items()}
    return read_failures(outputs["evaluation"][0].uri, counts)


def write_summary(settings: Settings, finished: Sequence[Finished], verdict: Verdict) -> None:
    """Writes summary.json, whole or not at all, of as many nodes as there are."""
    outputs = {node.outcome.node_id: node.outputs for node in finished if node.outcome.ok}
    summary: dict[str, Any] = {
        "verdict": dataclasses.asdict(verdict) | {"exit_code": verdict.exit_code},
        "pushed": verdict.reason if verdict.outcome == PUSHED else None,
        "nodes": [
            {
                "node": node.outcome.node_id,
                "state": node.outcome.state,
                "seconds": round(node.outcome.seconds, 1),
                "figure": node.figure,
            }
            for node in finished
        ],
        "seconds": round(sum(node.outcome.seconds for node in finished), 1),
        "settings": to_plain(settings),
        "seed": settings.seed,
        "source": source_hash(
            "pipeline.runner",
            "modules.training.tuner",
            "modules.training.trainer",
            f"modules.families.{settings.family}",
        ),
        "versions": {"python": platform.python_version()}
        | {package: metadata.version(package) for package in _PACKAGES},
    }
    if "Tuner" in outputs:
        summary["tuning"] = read_tuning(outputs["Tuner"])
    if "Trainer" in outputs:
        summary["training"] = read_training(outputs["Trainer"])
    if "Evaluator" in outputs:
        summary["evaluation"] = read_evaluation(outputs["Evaluator"], settings.family)
    write_json(settings.summary, summary)
