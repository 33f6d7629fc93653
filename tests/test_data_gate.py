"""The schema, the validator and the gate, each through its own executor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.components import ExampleValidator, StatisticsGen
from tfx.components.example_validator.executor import Executor as ValidatorExecutor
from tfx.components.statistics_gen.executor import Executor as StatisticsExecutor
from tfx.types import channel_utils, standard_artifacts

from components.anomalies import find_anomalies
from components.data_gate import DataGate
from components.gates import Failure, Record, Refusal, read_record
from components.mnist_example_gen import SPLITS
from components.readers import idx
from components.schema import CuratedSchema, with_derived
from modules.data.dataset import Dataset
from pipeline.dag import BEAM_ARGS
from tests import artifacts, examples
from tests.datasets import MNIST

SCHEMA = Path(__file__).parent.parent / "pipeline" / "schema.pbtxt"


def anomalies_of(data: Path, work: Path) -> standard_artifacts.ExampleAnomalies:
    """Takes a dataset through ExampleGen, StatisticsGen, CuratedSchema and ExampleValidator."""
    return validate(examples.generate(data, work / "examples"), work)


def validate(
    made: Any, work: Path, dataset: Dataset = MNIST
) -> standard_artifacts.ExampleAnomalies:
    """Takes an Examples artifact through the last three of these."""
    statistics = artifacts.make(standard_artifacts.ExampleStatistics, work / "statistics", SPLITS)
    schema = artifacts.make(standard_artifacts.Schema, work / "schema")
    anomalies = artifacts.make(standard_artifacts.ExampleAnomalies, work / "anomalies", SPLITS)
    as_channel = channel_utils.as_channel
    CuratedSchema.test_call(text=with_derived(SCHEMA.read_text(), dataset), schema=schema)
    properties = StatisticsGen(
        examples=as_channel([made]), schema=as_channel([schema])
    ).exec_properties
    context = StatisticsExecutor.Context(beam_pipeline_args=[*BEAM_ARGS], tmp_dir=str(work / "tmp"))
    StatisticsExecutor(context).Do(
        {"examples": [made], "schema": [schema]}, {"statistics": [statistics]}, dict(properties)
    )
    properties = ExampleValidator(
        statistics=as_channel([statistics]), schema=as_channel([schema])
    ).exec_properties
    ValidatorExecutor().Do(
        {"statistics": [statistics], "schema": [schema]},
        {"anomalies": [anomalies]},
        dict(properties),
    )
    return anomalies


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, make_dataset) -> Path:
    """The folder in which good data were taken through all of that."""
    work = tmp_path_factory.mktemp("good")
    anomalies_of(make_dataset(work / "idx", train=300, test=100), work)
    return work


def test_good_data_passes(good: Path) -> None:
    anomalies = artifacts.make(standard_artifacts.ExampleAnomalies, good / "anomalies", SPLITS)
    assert find_anomalies(anomalies.uri, list(SPLITS)) == []
    DataGate.test_call(anomalies=anomalies, source="tests")
    assert read_record(anomalies.uri) == Record("DataGate", True)


def test_statistics_do_not_hold_the_images(good: Path) -> None:
    # Else their memory grows with the data: every image would be counted as a word is.
    [file] = (good / "statistics" / "Split-train").iterdir()
    [found] = tfdv.load_stats_binary(str(file)).datasets
    kinds = {feature.path.step[0]: feature.WhichOneof("stats") for feature in found.features}
    assert kinds.pop("image") == "bytes_stats"
    assert kinds == {
        "label": "string_stats",  # counted by value, as a class is
        "index": "num_stats",
        "mean_ink": "num_stats",
        "stroke": "string_stats",
    }
    assert len(file.read_bytes()) < 20_000


def test_blank_images_are_refused_by_name(tmp_path: Path, make_dataset) -> None:
    data = make_dataset(tmp_path / "idx", train=300, test=100)
    pair = idx.find_dataset(data)["test"]
    images = np.array(idx.read_images(pair.images, 0, pair.count))
    images[7] = 0
    idx.write_idx(pair.images, images)
    anomalies = anomalies_of(data, tmp_path)
    with pytest.raises(Refusal, match="^mean_ink on test does not fit the schema: ") as refusal:
        DataGate.test_call(anomalies=anomalies, source="tests")
    [failure] = refusal.value.failures
    assert (failure.gate, failure.metric, failure.slice) == ("DataGate", "mean_ink", "test")
    assert read_record(anomalies.uri) == Record("DataGate", False, (failure,))


def test_a_label_over_nine_is_an_anomaly(tmp_path: Path, mnist_dir: Path) -> None:
    # No IDX file with such a label gets this far, so the Examples are made without ExampleGen.
    images, labels = examples.cut(mnist_dir, 0, 200)
    files = {split: [examples.write(tmp_path / split, images, labels)] for split in SPLITS}
    wrong = labels.astype(int)
    wrong[3] = 10
    files["eval"] = [examples.write(tmp_path / "wrong", images, wrong)]
    anomalies = validate(artifacts.make_examples(tmp_path / "examples", files), tmp_path)
    [failure] = find_anomalies(anomalies.uri)
    assert (failure.metric, failure.slice) == ("label", "eval")
    with pytest.raises(Refusal, match="^label on eval does not fit the schema: .*10"):
        DataGate.test_call(anomalies=anomalies, source="tests")


def test_dataset_anomalies_are_named_too(tmp_path: Path) -> None:
    folder = tmp_path / "Split-train"
    folder.mkdir()
    anomalies = anomalies_pb2.Anomalies()
    anomalies.dataset_anomaly_info.description = "Too few examples."
    (folder / "SchemaDiff.pb").write_bytes(anomalies.SerializeToString())
    words = "does not fit the schema: Too few examples."
    wanted = Failure("DataGate", "the data", "train", None, "must", None, 0, words)
    assert find_anomalies(str(tmp_path)) == find_anomalies(str(tmp_path), ["train"]) == [wanted]
    assert str(wanted) == f"the data on train {words}"
