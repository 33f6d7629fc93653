"""How a family is judged: metrics, slices and the thresholds that bless or refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tensorflow_model_analysis.proto import config_pb2

from modules import features
from pipeline.settings import Settings
from pipeline.sources import source_hash

_Direction = config_pb2.MetricDirection


def eval_config(settings: Settings) -> config_pb2.EvalConfig:
    """Writes TFMA's configuration for a run.

    Args:
        settings: the family and its gates.

    Returns:
        An EvalConfig for a model with the signature `serving_default`, judged overall, per digit
        and per stroke class, against absolute bounds and the last blessed model.
    """
    return classifier_config(settings.gates)


def classifier_config(gates: Mapping[str, float]) -> config_pb2.EvalConfig:
    """The configuration of a classifier that answers with `probabilities`."""
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(
                signature_name="serving_default",
                label_key=features.LABEL,
                prediction_key="probabilities",
            )
        ],
        slicing_specs=[
            config_pb2.SlicingSpec(),
            config_pb2.SlicingSpec(feature_keys=[features.LABEL]),
            config_pb2.SlicingSpec(feature_keys=[features.STROKE]),
        ],
        metrics_specs=[
            config_pb2.MetricsSpec(
                metrics=[
                    _metric("ExampleCount"),
                    _gated(
                        _metric("SparseCategoricalAccuracy", name="accuracy"),
                        overall=_at_least(gates["accuracy"], drop=gates["accuracy_drop"]),
                        by_slice={
                            features.LABEL: _at_least(gates["digit_accuracy"]),
                            features.STROKE: _at_least(gates["stroke_accuracy"]),
                        },
                    ),
                    _gated(
                        _metric("SparseCategoricalCrossentropy", name="cross_entropy"),
                        overall=_at_most(gates["cross_entropy"]),
                    ),
                    _metric("MultiClassConfusionMatrixPlot", name="confusion"),
                ]
            ),
            config_pb2.MetricsSpec(
                metrics=[
                    config_pb2.MetricConfig(
                        class_name="ClassifierMetrics",
                        module="components.classifier_metrics",
                        config=json.dumps(
                            {
                                "classes": features.CLASSES,
                                "source": source_hash("components.classifier_metrics"),
                            }
                        ),
                    )
                ],
                per_slice_thresholds={
                    "auc_macro": config_pb2.PerSliceMetricThresholds(
                        thresholds=[_on(config_pb2.SlicingSpec(), _at_least(gates["auc"]))]
                    )
                },
            ),
        ],
    )


def _metric(class_name: str, **config: Any) -> config_pb2.MetricConfig:
    return config_pb2.MetricConfig(
        class_name=class_name, config=json.dumps(config) if config else ""
    )


def _gated(
    metric: config_pb2.MetricConfig,
    overall: config_pb2.MetricThreshold,
    by_slice: Mapping[str, config_pb2.MetricThreshold] | None = None,
) -> config_pb2.MetricConfig:
    # `threshold` would hold for every slice; an empty SlicingSpec is the overall one alone.
    metric.per_slice_thresholds.append(_on(config_pb2.SlicingSpec(), overall))
    for feature, threshold in (by_slice or {}).items():
        spec = config_pb2.SlicingSpec(feature_keys=[feature])
        metric.per_slice_thresholds.append(_on(spec, threshold))
    return metric


def _on(
    spec: config_pb2.SlicingSpec, threshold: config_pb2.MetricThreshold
) -> config_pb2.PerSliceMetricThreshold:
    return config_pb2.PerSliceMetricThreshold(slicing_specs=[spec], threshold=threshold)


def _at_least(bound: float, drop: float | None = None) -> config_pb2.MetricThreshold:
    threshold = config_pb2.MetricThreshold(
        value_threshold=config_pb2.GenericValueThreshold(lower_bound={"value": bound})
    )
    if drop is not None:
        threshold.change_threshold.CopyFrom(
            config_pb2.GenericChangeThreshold(
                direction=_Direction.HIGHER_IS_BETTER, absolute={"value": -drop}
            )
        )
    return threshold


def _at_most(bound: float) -> config_pb2.MetricThreshold:
    return config_pb2.MetricThreshold(
        value_threshold=config_pb2.GenericValueThreshold(upper_bound={"value": bound})
    )
