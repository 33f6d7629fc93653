"""The curated schema, as TensorFlow Data Validation applies it."""

import dataclasses
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
from modules.data.dataset import Dataset
from tests import examples
from tests.datasets import MNIST


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


def schema_for(dataset: Dataset, project: Path) -> schema_pb2.Schema:
    """The curated schema of a dataset."""
    text = (project / "pipeline" / "schema.pbtxt").read_text()
    return text_format.Parse(with_derived(text, dataset), schema_pb2.Schema())


def anomalies(table: pd.DataFrame, project: Path, dataset: Dataset = MNIST) -> dict[str, str]:
    """What is wrong with a table, by feature."""
    schema = schema_for(dataset, project)
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


def test_the_schema_follows_the_data(table: pd.DataFrame, project: Path) -> None:
    letters = dataclasses.replace(
        MNIST, side=14, names=tuple("ABCDEFGHIJKL"), labels=tuple(range(12)), strokes=(1.25, 3.5)
    )
    spoilt = table.copy()
    spoilt.loc[7, features.LABEL] = 11
    assert anomalies(spoilt, project, letters) == {}
    spoilt.loc[7, features.LABEL] = 12
    assert list(anomalies(spoilt, project, letters)) == [features.LABEL]
    spoilt.loc[7, features.LABEL] = 1
    spoilt.loc[7, features.MEAN_INK] = 0.0039  # 0.76 of a pixel in 196
    assert list(anomalies(spoilt, project, letters)) == [features.MEAN_INK]
    assert anomalies(spoilt, project) == {}
    by_name = {feature.name: feature for feature in schema_for(letters, project).feature}
    words = "width of stroke in pixels: thin below 1.25, bold from 3.5"
    assert by_name[features.STROKE].annotation.comment == [words]
