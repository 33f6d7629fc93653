"""How a model is judged: TFMA's form of what its family says about metrics, slices and gates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tensorflow_model_analysis.proto import config_pb2

from modules import families
from modules.contract.evaluation import Gate
from modules.data import features
from modules.data.dataset import Dataset, to_plain


def eval_config(family: str, dataset: Dataset, gates: Mapping[str, float]) -> config_pb2.EvalConfig:
    """Writes TFMA's configuration for a family.

    Args:
        family: its name; its evaluation says what is measured and gated.
        dataset: what the data say of themselves.
        gates: the values of the gates, by their names.

    Returns:
        An EvalConfig that judges overall, per class and per stroke class, against absolute bounds.
        What is worse than the last blessed model is none of TFMA's, which knows no noise:
        components/thresholds.py judges that. If a gate without a default has no value, there are
        no gates: it measures all the same.
    """
    evaluation = families.load(family).evaluation.for_classes(dataset.names)
    if not evaluation.brought(gates):
        evaluation = evaluation._replace(gates=())
    standard = [
        _metric(class_name, name, _thresholds(name, evaluation.gates, gates))
        for class_name, name in evaluation.standard
    ]
    own = config_pb2.MetricConfig(
        class_name="SliceFigures",
        module="components.slice_figures",
        config=json.dumps({"family": family, "dataset": to_plain(dataset)}),
    )
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(
                signature_name=evaluation.signature,
                label_key=features.LABEL,
                prediction_key=evaluation.prediction,
            )
        ],
        slicing_specs=[
            config_pb2.SlicingSpec(),
            *(config_pb2.SlicingSpec(feature_keys=[feature]) for feature in features.SLICES),
        ],
        metrics_specs=[
            config_pb2.MetricsSpec(
                metrics=[config_pb2.MetricConfig(class_name="ExampleCount"), *standard]
            ),
            config_pb2.MetricsSpec(
                metrics=[own],
                per_slice_thresholds={
                    name: config_pb2.PerSliceMetricThresholds(thresholds=thresholds)
                    for name in evaluation.figures
                    if (thresholds := _thresholds(name, evaluation.gates, gates))
                },
            ),
        ],
    )


def _metric(class_name: str, name: str, thresholds: Any) -> config_pb2.MetricConfig:
    config = json.dumps({"name": name})
    return config_pb2.MetricConfig(
        class_name=class_name, config=config, per_slice_thresholds=thresholds
    )


def _thresholds(
    figure: str, gates: Iterable[Gate], values: Mapping[str, float]
) -> list[config_pb2.PerSliceMetricThreshold]:
    return [
        config_pb2.PerSliceMetricThreshold(
            # A threshold without slices would hold for each; an empty SlicingSpec is the whole.
            slicing_specs=[config_pb2.SlicingSpec(feature_keys=[gate.by] if gate.by else [])],
            threshold=_threshold(gate, values),
        )
        for gate in gates
        if gate.figure == figure
    ]


def _threshold(gate: Gate, values: Mapping[str, float]) -> config_pb2.MetricThreshold:
    bound = {"value": values[gate.name]}
    limits = {"lower_bound": bound} if gate.at_least else {"upper_bound": bound}
    return config_pb2.MetricThreshold(value_threshold=config_pb2.GenericValueThreshold(**limits))
