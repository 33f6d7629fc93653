"""Reads what TFMA wrote: the figures of every slice, and which thresholds were not met."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import tensorflow_model_analysis as tfma

from components.bootstrap import figure_of
from components.gates import AT_LEAST, AT_MOST, EVALUATOR, MUST, OVERALL, Failure
from components.results.facts import BASELINE, DIFFERENCE, Evaluation
from components.slice_figures import NOT_FINITE
from modules.contract.family import Family
from modules.data.dataset import TESTED
from modules.data.features import LABEL, STROKE, strokes_of
from modules.util.plain import number


def read_evaluation(
    uri: str, family: Family, uncompared: str = "", left_out: Collection[str] = ()
) -> Evaluation:
    """Reads the metrics of the candidate.

    Args:
        uri: the Evaluator's output.
        family: whose model was judged, on which data.
        uncompared: what was not compared with the last blessed model, for people; often empty.
        left_out: the figures that it is about.
    """
    names = family.dataset.names
    spec = family.evaluation.for_classes(names)
    result = _load(uri)
    slices: dict[str, dict[str, Any]] = {}
    by_class: dict[str, dict[int, Any]] = {}
    for key, views in result.slicing_metrics:
        for sub_key, metrics in views[""].items():
            if not sub_key:
                without = spec.meaningless([column for column, _ in key])
                slices[_slice_name(key, names)] = {
                    name: _value(value)
                    for name, value in sorted(metrics.items())
                    if name.removesuffix(DIFFERENCE) not in without
                    and not (
                        name.endswith(DIFFERENCE) and name.removesuffix(DIFFERENCE) in left_out
                    )
                    and not figure_of(name)
                }
            elif not key:
                class_id = int(sub_key.removeprefix("classId:"))
                for metric, value in metrics.items():
                    by_class.setdefault(metric, {})[class_id] = _value(value)
    lists = {metric: [values[c] for c in sorted(values)] for metric, values in by_class.items()}
    return Evaluation(
        overall=slices.pop(OVERALL),
        slices=dict(sorted(slices.items())),
        by_class={m: lists[m] for m in sorted(spec.by_class) if m in lists and m != "curve"},
        curves=lists.get("curve", []),
        confusion=_confusion(result.plots, len(names)),
        classes=list(names),
        notes={**family.notes(), **({BASELINE: uncompared} if uncompared else {})},
        headline=list(spec.headline),
        gated=list(dict.fromkeys(gate.figure for gate in spec.gates)),
    )


def read_errors(uri: str, names: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Reads the standard errors of figures, where they were asked for.

    Args:
        uri: the Evaluator's output.
        names: of the classes.

    Returns:
        By figure, of each slice.
    """
    return {
        _slice_name(key, names): {
            figure: _value(value)
            for name, value in views[""].get("", {}).items()
            if (figure := figure_of(name)) and not name.endswith(DIFFERENCE)
        }
        for key, views in _load(uri).slicing_metrics
    }


def _load(uri: str) -> Any:
    result = tfma.load_eval_result(uri)
    if any(model.is_baseline for model in result.config.model_specs):
        # The candidate has a name then, without which its plots would not be found.
        result = tfma.load_eval_result(uri, model_name="candidate")
    return result


def _confusion(plots: list[Any], size: int) -> list[list[int]]:
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


def read_failures(uri: str, evaluation: Evaluation) -> list[Failure]:
    """Reads which thresholds a model did not meet.

    Args:
        uri: the Evaluator's output.
        evaluation: what was measured.

    Returns:
        The failures: overall first, then by slice.
    """
    result = tfma.load_validation_result(uri)
    names, examples = evaluation.classes, evaluation.examples
    found = []
    for validation in result.metric_validations_per_slice:
        keys = validation.slice_key.single_slice_keys
        where = _slice_name(
            [(key.column, getattr(key, key.WhichOneof("kind"))) for key in keys], names
        )
        for failure in validation.failures:
            kind, bound = _bound(failure.metric_threshold)
            missing = failure.message == "Metric not found."
            found.append(
                Failure(
                    gate=EVALUATOR,
                    metric=failure.metric_key.name,
                    slice=where,
                    value=None if missing else number(failure.metric_value.double_value.value),
                    kind=kind,
                    bound=bound,
                    examples=examples.get(where, 0),
                )
            )
    for slicing in result.missing_slices:
        values = [f"{name}={value}" for name, value in sorted(slicing.feature_values.items())]
        where = ",".join([*slicing.feature_keys, *values]) or OVERALL
        found.append(Failure(EVALUATOR, "example_count", where, 0.0, AT_LEAST, 1.0, 0))
    return sorted(found, key=lambda f: (f.slice != OVERALL, f.slice, f.metric))


def not_finite(evaluation: Evaluation, family: Family) -> list[Failure]:
    """Says whether a model has answered some Examples with NaN or infinity.

    Args:
        evaluation: what was measured, of the other Examples.
        family: whose evaluation asked it.
    """
    count = int(evaluation.overall.get(NOT_FINITE) or 0)
    if not count:
        return []
    examples, signature = evaluation.examples[OVERALL], family.evaluation.signature
    words = f"answers {count:,} of {examples:,} examples with NaN or infinity"
    return [Failure(EVALUATOR, signature, OVERALL, None, MUST, None, examples, words)]


def thin_slices(evaluation: Evaluation, family: Family) -> list[Failure]:
    """Finds what gates ask about slices of which too little was seen to say anything.

    Args:
        evaluation: what was measured.
        family: whose gates.

    Returns:
        A failure for each slice that a gate is on, by what it is on or since it is of each class,
        and that has fewer than TESTED Examples; also for one that is missing altogether.
    """
    asked = {gate.by or (LABEL if gate.of_class else "") for gate in family.evaluation.gates}
    values = {LABEL: evaluation.classes, STROKE: strokes_of(family.dataset)}
    wanted = [f"{by}={value}" for by in sorted(asked - {""}) for value in values[by]]
    counts = {where: evaluation.examples.get(where, 0) for where in wanted}
    return [
        Failure(EVALUATOR, "example_count", where, float(count), AT_LEAST, float(TESTED), count)
        for where, count in counts.items()
        if count < TESTED
    ]


def _slice_name(key: Any, names: Sequence[str]) -> str:
    """Names a slice as people do: `label=8`; the whole is `overall`.

    Args:
        key: pairs of a feature and its value.
        names: of the classes, which are numbers in Examples.
    """
    parts = []
    for column, value in key:
        said = value.decode() if isinstance(value, bytes) else str(value)
        parts.append(f"{column}={names[int(said)] if column == LABEL else said}")
    return ",".join(parts) or OVERALL


def _bound(threshold: Any) -> tuple[str, float]:
    value = threshold.value_threshold
    if value.HasField("lower_bound"):
        return AT_LEAST, value.lower_bound.value
    return AT_MOST, value.upper_bound.value
