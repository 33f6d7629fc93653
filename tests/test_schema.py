"""The curated schema, as TensorFlow Data Validation applies it."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.schema import with_derived
from modules.data import features
from tests import examples


def value(feature: tf.train.Feature) -> Any:
    """The one value of an Example's feature."""
    [found] = getattr(feature, feature.WhichOneof("kind")).value
    return found


@pytest.fixture(scope="module")
def table(mnist_dir: Path) -> pd.DataFrame:
    """The features of some images, a column each."""
    parsed = map(tf.train.Example.FromString, examples.records(*examples.cut(mnist_dir, 0, 50)))
    return pd.DataFrame(
        [{name: value(it) for name, it in one.features.feature.items()} for one in parsed]
    )


def anomalies(table: pd.DataFrame, project: Path) -> dict[str, str]:
    """What is wrong with a table, by feature."""
    text = (project / "pipeline" / "schema.pbtxt").read_text()
    schema = text_format.Parse(with_derived(text), schema_pb2.Schema())
    found = tfdv.validate_statistics(tfdv.generate_statistics_from_dataframe(table), schema)
    return {name: info.description for name, info in found.anomaly_info.items()}


def test_real_images_fit(table: pd.DataFrame, project: Path) -> None:
    assert anomalies(table, project) == {}


@pytest.mark.parametrize(
    ("feature", "bad"),
    [
        (features.LABEL, 10),
        (features.LABEL, -1),
        (features.INDEX, -1),
        (features.MEAN_INK, 0.0),
        (features.MEAN_INK, 1.0),
        (features.STROKE, b"huge"),
    ],
)
def test_one_bad_value_is_an_anomaly_of_its_feature(
    feature: str, bad: Any, table: pd.DataFrame, project: Path
) -> None:
    spoilt = table.copy()
    spoilt.loc[7, feature] = bad
    assert list(anomalies(spoilt, project)) == [feature]


def test_a_feature_that_is_missing_is_an_anomaly(table: pd.DataFrame, project: Path) -> None:
    assert list(anomalies(table.drop(columns=features.LABEL), project)) == [features.LABEL]
