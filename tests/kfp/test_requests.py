"""What pods request: what was measured with a margin, and without a measurement the old table."""

import json
from pathlib import Path

import pytest

from kubeflow.compiling import requests
from kubeflow.compiling.cluster import Cluster, Resources
from kubeflow.names import VERDICT
from pipeline.nodes import NODES
from tests.kfp import plans

MEASURED = {"trainer": "1024Mi", "baseline": "768Mi"}


@pytest.mark.parametrize(
    ("peak", "request_"),
    [(1, "768Mi"), (512, "1024Mi"), (807, "1536Mi"), (1024, "1536Mi"), (1280, "2048Mi")],
)
def test_a_peak_gets_its_margin(peak: int, request_: str) -> None:
    assert requests.request(peak) == request_


def test_a_family_or_a_node_that_was_not_measured_is_left_out(tmp_path: Path) -> None:
    table = tmp_path / "a.json"
    table.write_text(json.dumps({"vae": {"smoke": {"peak_mib": {"Trainer": 900, "Gone": 1}}}}))
    ids = ("Trainer", "CrossValidator", VERDICT)
    assert requests.of_tasks("vae", "smoke", ids, table) == {"trainer": "1536Mi"}
    assert requests.of_tasks("vae", "full", ids, table) == {}
    assert requests.of_tasks("forest", "smoke", ids, table) == {}
    assert requests.of_tasks("vae", "smoke", ids, tmp_path / "none.json") == {}


def test_the_table_is_of_nodes_that_there_are_and_says_how_it_was_made() -> None:
    table = json.loads(requests.TABLE.read_text())
    known = {node.id for node in NODES} | {VERDICT}
    for family, profiles in table.items():
        for profile, row in profiles.items():
            assert f"--model {family}" in row["command"] and profile in row["command"]
            assert set(row["peak_mib"]) <= known and VERDICT in row["peak_mib"]
            assert all(100 < peak < 16_000 for peak in row["peak_mib"].values())
    assert {"Trainer", "Evaluator"} <= set(table["transformer"]["smoke"]["peak_mib"])


def cluster(**resources: Resources) -> Cluster:
    return Cluster(plans.IMAGE, "claim", resources=resources, measured=MEASURED)


def test_what_a_person_gives_is_request_and_limit() -> None:
    given = cluster(trainer=Resources("4", "8Gi"), default=Resources("1", "2Gi"))
    assert given.memory("trainer", 0) == ("8Gi", "8Gi")
    assert given.memory("baseline", 0) == ("2Gi", "2Gi")  # has none of its own


def test_what_was_measured_is_requested_and_the_limit_stays() -> None:
    assert cluster().memory("trainer", 0) == ("1024Mi", "6Gi")
    assert cluster().memory("baseline", 0) == ("768Mi", "3Gi")
    assert cluster().memory("pusher", 0) == ("3Gi", "3Gi")


def test_with_a_gpu_no_measurement_holds() -> None:
    assert cluster().memory("trainer", 1) == ("6Gi", "6Gi")


def test_no_request_is_above_its_limit() -> None:
    large = Cluster(plans.IMAGE, "claim", measured={"trainer": "7168Mi"})
    assert large.memory("trainer", 0) == ("7168Mi", "7168Mi")
