"""Reads what ExampleValidator found wrong with the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from components.gates import MUST, Failure

DATA_GATE = "DataGate"  # the node that says no because of them


def find_anomalies(anomalies_uri: str, split_names: Sequence[str] = ()) -> list[Failure]:
    """Reads ExampleValidator's output.

    Args:
        anomalies_uri: its folder, with one binary Anomalies proto a split.
        split_names: the splits to read; by default all that are there.

    Returns:
        A failure an anomaly: the feature is its metric, the split its slice.
    """
    from tensorflow_metadata.proto.v0 import anomalies_pb2

    folder = Path(anomalies_uri)
    found = []
    for split in split_names or [p.name.removeprefix("Split-") for p in folder.glob("Split-*")]:
        anomalies = anomalies_pb2.Anomalies()
        anomalies.ParseFromString((folder / f"Split-{split}" / "SchemaDiff.pb").read_bytes())
        if anomalies.HasField("dataset_anomaly_info"):
            found.append(_failure("the data", split, anomalies.dataset_anomaly_info.description))
        for feature, info in sorted(anomalies.anomaly_info.items()):
            found.append(_failure(feature, split, info.description))
    return found


def _failure(feature: str, split: str, description: str) -> Failure:
    words = f"does not fit the schema: {description}"
    return Failure(DATA_GATE, feature, split, None, MUST, None, examples=0, words=words)
