"""Stops the run at the first anomaly in the data, before anything is tuned on it."""

from tfx.dsl.component.experimental.annotations import InputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts

from components.anomalies import DATA_GATE, find_anomalies
from components.gates import Refusal, write_record


@component
def DataGate(
    anomalies: InputArtifact[standard_artifacts.ExampleAnomalies], source: Parameter[str]
) -> None:
    """Refuses data that does not fit the schema.

    What it says is recorded beside the anomalies: a node that fails leaves no artifact of its own.

    Args:
        anomalies: what ExampleValidator found.
        source: a hash of this component's code, so that its change is noticed.

    Raises:
        Refusal: with a failure an anomaly.
    """
    splits = artifact_utils.decode_split_names(anomalies.split_names)
    failures = find_anomalies(anomalies.uri, splits)
    write_record(anomalies.uri, DATA_GATE, failures)
    if failures:
        raise Refusal(failures)
