"""Stops the run at the first anomaly in the data, before anything is tuned on it."""

import os

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.dsl.component.experimental.annotations import InputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts

from components.refusal import Refusal


def find_anomalies(anomalies_uri: str, split_names: list[str]) -> list[str]:
    """Reads what ExampleValidator found.

    Args:
        anomalies_uri: its output, with one binary Anomalies proto a split.
        split_names: the splits to read.

    Returns:
        A line an anomaly: the split, the feature, and what is wrong with it.
    """
    found = []
    for split in split_names:
        path = os.path.join(anomalies_uri, f"Split-{split}", "SchemaDiff.pb")
        anomalies = anomalies_pb2.Anomalies()
        with open(path, "rb") as file:
            anomalies.ParseFromString(file.read())
        if anomalies.HasField("dataset_anomaly_info"):
            found.append(f"{split}: {anomalies.dataset_anomaly_info.description}")
        for feature, info in sorted(anomalies.anomaly_info.items()):
            found.append(f"{split}: {feature}: {info.description}")
    return found


@component
def DataGate(
    anomalies: InputArtifact[standard_artifacts.ExampleAnomalies], source: Parameter[str]
) -> None:
    """Refuses data that does not fit the schema.

    Args:
        anomalies: what ExampleValidator found.
        source: a hash of this component's code, so that its change is noticed.

    Raises:
        Refusal: naming every anomaly.
    """
    splits = artifact_utils.decode_split_names(anomalies.split_names)
    found = find_anomalies(anomalies.uri, splits)
    if found:
        raise Refusal("the data does not fit its schema: " + "; ".join(found))
