"""What KFP's UI, and MLflow behind it, show in numbers of the nodes that learn and judge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from components.results.facts import Outputs, Training, Tuning, read_training, read_tuning

_HYPERPARAMETER = "hyperparameters."  # as in settings, before the name of one


def show_learning(outputs: Outputs, shown: Mapping[str, Any]) -> None:
    """Fills the `metrics` of the Tuner or the Trainer, and names its hyperparameters.

    Args:
        outputs: of the node.
        shown: KFP's artifacts by name; `summary` is written already.
    """
    if "best_hyperparameters" in outputs:
        tuning = read_tuning(outputs)
        _log(shown["metrics"], _of_search(tuning))
        _add_table(shown["summary"], tuning.best)
    elif "model_run" in outputs:
        training = read_training(outputs)
        _log(shown["metrics"], _of_training(training))
        _add_table(shown["summary"], training.hyperparameters)


def _of_search(tuning: Tuning) -> Iterator[tuple[str, Any]]:
    scores = [trial.score for trial in tuning.trials if trial.score is not None]
    yield "trials", len(tuning.trials)
    if scores:
        yield tuning.objective, scores[0]
    yield from _hyperparameters(tuning.best)


def _of_training(training: Training) -> Iterator[tuple[str, Any]]:
    for name, values in training.history.items():
        yield name, values[-1] if values else None
    yield "parameters", training.parameters
    yield "seconds", training.seconds
    yield from _hyperparameters(training.hyperparameters)


def _hyperparameters(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((f"{_HYPERPARAMETER}{name}", value) for name, value in values.items())


def _log(metrics: Any, figures: Iterator[tuple[str, Any]]) -> None:
    """Logs what is a number: a metric can be nothing else, and JSON knows no infinity."""
    for name, value in figures:
        if isinstance(value, (int, float)) and math.isfinite(value):
            metrics.log_metric(name, float(value))


def _add_table(summary: Any, hyperparameters: Mapping[str, Any]) -> None:
    lines = ["", "", "| hyperparameter | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in hyperparameters.items()]
    with open(summary.path, "a", encoding="utf-8") as written:
        written.write("\n".join(lines) + "\n")
