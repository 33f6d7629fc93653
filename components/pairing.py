"""The last blessed model among the Evaluator's inputs, as far as it can be compared with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_model_analysis.proto import config_pb2
from tfx.types import standard_component_specs
from tfx.utils import json_utils, path_utils, proto_utils

from components.comparison import Comparison, compare
from components.example_files import read_records
from modules.contract.family import Family
from modules.data.features import LABEL

FEW = 64  # Examples, which show the shape of what a model says

_MODEL = standard_component_specs.MODEL_KEY
_BASELINE = standard_component_specs.BASELINE_MODEL_KEY
_EVAL_CONFIG = standard_component_specs.EVAL_CONFIG_KEY

Artifacts = Mapping[str, list[Any]]


def look(
    family: Family, inputs: Artifacts, properties: Mapping[str, Any], most: int | None = None
) -> Comparison:
    """Finds out what of the candidate can be compared with the last blessed model.

    Args:
        family: of both.
        inputs: the Evaluator's; there is a last blessed model.
        properties: the Evaluator's.
        most: how many Examples both are asked about; None for all.
    """
    splits = json_utils.loads(properties[standard_component_specs.EXAMPLE_SPLITS_KEY])
    given = inputs[standard_component_specs.EXAMPLES_KEY]
    found = (r for split in splits for examples in given for r in read_records(examples, split))
    records = list(itertools.islice(found, most))
    parsed = tf.io.parse_example(records, {LABEL: tf.io.FixedLenFeature([], tf.int64)})
    labels: np.ndarray = parsed[LABEL].numpy()
    return compare(family, _path(inputs[_MODEL]), _path(inputs[_BASELINE]), records, labels)


def reduced(
    found: Comparison, inputs: Artifacts, properties: Mapping[str, Any]
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The Evaluator's inputs and properties, without what cannot be compared.

    Args:
        found: what can.
        inputs: the Evaluator's.
        properties: the Evaluator's.
    """
    if not found.possible:
        return {name: one for name, one in inputs.items() if name != _BASELINE}, {**properties}
    config = config_pb2.EvalConfig()
    proto_utils.json_to_proto(properties[_EVAL_CONFIG], config)
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            if metric.class_name == "SliceFigures":
                given = json.loads(metric.config)
                asked = {"left_out": found.left_out, "lacking": found.lacking}
                metric.config = json.dumps({**given, "comparison": asked})
    return {**inputs}, {**properties, _EVAL_CONFIG: proto_utils.proto_to_json(config)}


def _path(models: list[Any]) -> str:
    [model] = models
    old = path_utils.is_old_model_artifact(model)
    return str(path_utils.serving_model_path(model.uri, old))
