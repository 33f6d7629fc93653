"""Reads what the nodes wrote, as plain JSON values. Undefined numbers (NaN) become None."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma
from ml_metadata.proto import metadata_store_pb2

from modules import families

Outputs = Mapping[str, list[metadata_store_pb2.Artifact]]

_DIGITS_KEPT = 6


def read_tuning(outputs: Outputs) -> dict[str, Any]:
    """Reads the Tuner's outputs: `best`, the winning values, and `trials`, best first."""
    [best] = Path(outputs["best_hyperparameters"][0].uri).glob("*.txt")
    [trials] = Path(outputs["tuner_results"][0].uri).glob("*.json")
    return {
        "best": _without_bookkeeping(json.loads(best.read_text())["values"]),
        "trials": [_trial(row) for row in json.loads(trials.read_text())],
    }


def _trial(row: Mapping[str, Any]) -> dict[str, Any]:
    trial = {"trial": row["trial_id"], "score": number(row["score"])}
    if "tuner/epochs" in row:  # Hyperband stops most trials early
        trial["epochs"] = row["tuner/epochs"]
    values = {key: row[key] for key in row if key not in ("trial_id", "score")}
    return {**trial, "values": _without_bookkeeping(values)}


def _without_bookkeeping(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.startswith("tuner/")}


def read_training(outputs: Outputs) -> dict[str, Any]:
    """Reads the Trainer's history: `history` a list a metric, `hyperparameters` as used."""
    return json.loads(Path(outputs["model_run"][0].uri, "history.json").read_text())


def read_evaluation(outputs: Outputs, family: str) -> dict[str, Any]:
    """Reads the Evaluator's metrics.

    Args:
        outputs: of the Evaluator.
        family: whose model was judged.

    Returns:
        `overall` and, for each slice such as `label=8`, `slices`: metric -> number, with
        `example_count`; `by_class`: metric -> a number a class; `curves`: a list of points a
        class; `confusion`: a row an actual class, a column a predicted one; `notes`: what a
        reader has to know. Not to be changed: it is read once for each evaluation.
    """
    return _read_evaluation(outputs["evaluation"][0].uri, family)


@functools.lru_cache(maxsize=1)
def _read_evaluation(uri: str, family: str) -> dict[str, Any]:
    result = tfma.load_eval_result(uri)
    if any(spec.is_baseline for spec in result.config.model_specs):
        # The candidate has a name then, without which its plots would not be found.
        result = tfma.load_eval_result(uri, model_name="candidate")
    slices: dict[str, dict[str, Any]] = {}
    by_class: dict[str, dict[int, Any]] = {}
    about_all = families.load(family).evaluation.overall
    for key, views in result.slicing_metrics:
        for sub_key, metrics in views[""].items():
            if not sub_key:
                left_out = about_all if key else ()
                slices[slice_name(key)] = {
                    name: _value(value)
                    for name, value in sorted(metrics.items())
                    if name.removesuffix("_diff") not in left_out
                }
            elif not key:
                class_id = int(sub_key.removeprefix("classId:"))
                for metric, value in metrics.items():
                    by_class.setdefault(metric, {})[class_id] = _value(value)
    lists = {metric: [values[c] for c in sorted(values)] for metric, values in by_class.items()}
    return {
        "overall": slices.pop("overall"),
        "slices": dict(sorted(slices.items())),
        "by_class": {m: v for m, v in sorted(lists.items()) if not m.startswith("curve")},
        "curves": lists.get("curve", []),
        "confusion": _confusion(result.plots),
        "notes": families.load(family).notes(),
    }


def slice_name(key: tuple[tuple[str, Any], ...]) -> str:
    """Names a slice as people do: `label=8`; the whole is `overall`."""
    parts = []
    for column, value in key:
        parts.append(f"{column}={value.decode() if isinstance(value, bytes) else value}")
    return ",".join(parts) or "overall"


def _confusion(plots: list[Any]) -> list[list[int]]:
    for key, views in plots:
        for plot in () if key or not views else views[""].values():
            matrices = plot.get("multiClassConfusionMatrixAtThresholds", {}).get("matrices", [])
            if matrices:
                counts = {
                    (e.get("actualClassId", 0), e.get("predictedClassId", 0)): int(
                        e.get("numWeightedExamples", 0)
                    )
                    for e in matrices[0]["entries"]
                }
                size = 1 + max(max(pair) for pair in counts)
                return [[counts.get((a, p), 0) for p in range(size)] for a in range(size)]
    return []


def _value(value: Mapping[str, Any]) -> Any:
    """A metric's value out of its JSON form: a number, a row, or the rows of an array."""
    if "arrayValue" in value:
        array = value["arrayValue"]
        rows, columns = array["shape"]
        numbers = [number(x) for x in array["float64Values"]]
        found = [numbers[row * columns : (row + 1) * columns] for row in range(rows)]
        return found if rows > 1 else found[0]
    return number(value.get("doubleValue", 0.0))


def number(value: Any) -> float | None:
    """Rounds a number to what it can mean; None when it is not one ('NaN' comes as text)."""
    value = float(value)
    return round(value, _DIGITS_KEPT) if math.isfinite(value) else None
