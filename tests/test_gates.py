"""The schema, the validator and the gate, each through its own executor."""

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2
from tfx.components import ExampleValidator, StatisticsGen
from tfx.components.example_validator.executor import Executor as ValidatorExecutor
from tfx.components.statistics_gen.executor import Executor as StatisticsExecutor
from tfx.types import channel_utils, standard_artifacts

from components.data_gate import DataGate, find_anomalies
from components.mnist_example_gen import SPLITS
from components.readers import idx
from components.refusal import Refusal
from components.schema import CuratedSchema
from pipeline.dag import BEAM_ARGS
from tests import artifacts
from tests.test_mnist_example_gen import generate

SCHEMA = Path(__file__).parent.parent / "pipeline" / "schema.pbtxt"


def anomalies_of(data: Path, work: Path) -> standard_artifacts.ExampleAnomalies:
    """Takes a dataset through ExampleGen, StatisticsGen, CuratedSchema and ExampleValidator."""
    examples = generate(data, work / "examples")
    statistics = artifacts.make(standard_artifacts.ExampleStatistics, work / "statistics", SPLITS)
    schema = artifacts.make(standard_artifacts.Schema, work / "schema")
    anomalies = artifacts.make(standard_artifacts.ExampleAnomalies, work / "anomalies", SPLITS)
    as_channel = channel_utils.as_channel
    properties = StatisticsGen(examples=as_channel([examples])).exec_properties
    context = StatisticsExecutor.Context(beam_pipeline_args=BEAM_ARGS, tmp_dir=str(work / "tmp"))
    StatisticsExecutor(context).Do(
        {"examples": [examples]}, {"statistics": [statistics]}, dict(properties)
    )
    CuratedSchema.test_call(text=SCHEMA.read_text(), schema=schema)
    properties = ExampleValidator(
        statistics=as_channel([statistics]), schema=as_channel([schema])
    ).exec_properties
    ValidatorExecutor().Do(
        {"statistics": [statistics], "schema": [schema]},
        {"anomalies": [anomalies]},
        dict(properties),
    )
    return anomalies


def test_good_data_passes(tmp_path: Path, make_dataset) -> None:
    anomalies = anomalies_of(make_dataset(tmp_path / "idx", train=300, test=100), tmp_path)
    assert find_anomalies(anomalies.uri, list(SPLITS)) == []
    DataGate.test_call(anomalies=anomalies, source="tests")


def test_blank_images_are_refused_by_name(tmp_path: Path, make_dataset) -> None:
    data = make_dataset(tmp_path / "idx", train=300, test=100)
    pair = idx.find_dataset(data)["test"]
    images = np.array(idx.read_images(pair.images, 0, pair.count))
    images[7] = 0
    idx.write_idx(pair.images, images)
    anomalies = anomalies_of(data, tmp_path)
    with pytest.raises(Refusal, match="does not fit its schema: test: mean_ink: ") as refusal:
        DataGate.test_call(anomalies=anomalies, source="tests")
    assert "train" not in str(refusal.value)


def test_a_label_over_nine_is_an_anomaly(tmp_path: Path) -> None:
    schema = text_format.Parse(SCHEMA.read_text(), schema_pb2.Schema())
    [label] = [feature for feature in schema.feature if feature.name == "label"]
    assert (label.int_domain.min, label.int_domain.max) == (0, 9)
    assert label.int_domain.is_categorical


def test_dataset_anomalies_are_named_too(tmp_path: Path) -> None:
    folder = tmp_path / "Split-train"
    folder.mkdir()
    anomalies = anomalies_pb2.Anomalies()
    anomalies.dataset_anomaly_info.description = "Too few examples."
    (folder / "SchemaDiff.pb").write_bytes(anomalies.SerializeToString())
    assert find_anomalies(str(tmp_path), ["train"]) == ["train: Too few examples."]
