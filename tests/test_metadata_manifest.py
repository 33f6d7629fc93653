"""The metadata server's manifest: every field exists, and the parts name each other rightly."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from kubeflow.metadata import server as metadata_server

SIMPLE = {"str": str, "int": int, "bool": bool}


@pytest.fixture(scope="module")
def manifest(project: Path) -> dict[str, Any]:
    """The documents by their kinds."""
    text = (project / "kubeflow" / "deploy" / "metadata-server.yaml").read_text()
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


@pytest.fixture(scope="module")
def pod(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["Deployment"]["spec"]["template"]


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    [container] = pod["spec"]["containers"]
    return container


def check(kind: str, value: Any, where: str) -> Any:
    """Reads a value as Kubernetes would with strict validation; returns the client's model."""
    if found := re.fullmatch(r"list\[(.+)\]", kind):
        assert isinstance(value, list), where
        return [check(found[1], one, f"{where}[{i}]") for i, one in enumerate(value)]
    if found := re.fullmatch(r"dict\(str, (.+)\)", kind):
        assert isinstance(value, dict), where
        return {name: check(found[1], one, f"{where}.{name}") for name, one in value.items()}
    if kind == "object":  # a number or a name
        assert type(value) in (int, str), where
        return value
    if kind in SIMPLE:
        assert type(value) is SIMPLE[kind], f"{where} is no {kind}: {value!r}"
        return value
    model = getattr(client, kind)
    assert isinstance(value, dict), where
    fields = {written: field for field, written in model.attribute_map.items()}
    assert set(value) <= set(fields), f"{where} has unknown fields: {set(value) - set(fields)}"
    return model(
        **{
            fields[name]: check(model.openapi_types[fields[name]], one, f"{where}.{name}")
            for name, one in value.items()
        }
    )


def test_every_field_exists_and_has_its_type(manifest: dict[str, Any]) -> None:
    versions = {kind: document["apiVersion"] for kind, document in manifest.items()}
    assert versions == {
        "PersistentVolumeClaim": "v1",
        "Deployment": "apps/v1",
        "Service": "v1",
        "NetworkPolicy": "networking.k8s.io/v1",
    }
    for kind, document in manifest.items():
        check(f"V1{kind}", document, kind)


@pytest.mark.parametrize(
    "wrong", [{"replica": 1}, {"replicas": "1"}, {"strategy": {"type": "Recreate", "x": 1}}]
)
def test_the_check_is_strict(manifest: dict[str, Any], wrong: dict[str, Any]) -> None:
    deployment = manifest["Deployment"]
    with pytest.raises(AssertionError):
        check("V1Deployment", deployment | {"spec": deployment["spec"] | wrong}, "")


def test_the_parts_find_each_other(
    manifest: dict[str, Any], pod: dict[str, Any], project: Path
) -> None:
    names = {document["metadata"]["name"] for document in manifest.values()}
    assert names == {"triptych-metadata"}
    assert not any("namespace" in document["metadata"] for document in manifest.values())
    labels = pod["metadata"]["labels"].items()
    service, policy = manifest["Service"]["spec"], manifest["NetworkPolicy"]["spec"]
    assert manifest["Deployment"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert service["selector"].items() <= labels
    assert policy["podSelector"]["matchLabels"].items() <= labels
    claims = [v["persistentVolumeClaim"] for v in pod["spec"]["volumes"] if "emptyDir" not in v]
    assert claims == [{"claimName": "triptych-metadata"}]
    [port] = service["ports"]
    assert (
        f"grpc://triptych-metadata:{port['port']}"
        in (project / "kubeflow" / "compile.py").read_text()
    )


def test_the_server_takes_what_the_manifest_gives(
    manifest: dict[str, Any], pod: dict[str, Any], container: dict[str, Any]
) -> None:
    assert container["command"] == ["python3", "-m", metadata_server.__name__]
    options = metadata_server.parse_options(container["args"])
    [port] = container["ports"]
    [target] = manifest["Service"]["spec"]["ports"]
    [entry] = manifest["NetworkPolicy"]["spec"]["ingress"]
    assert options.port == port["containerPort"] == entry["ports"][0]["port"]
    assert target["targetPort"] == port["name"]
    for probe in ("readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"]["port"] == options.port
    assert container["readinessProbe"]["grpc"]["service"] == metadata_server.SERVICE.full_name
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert mounts[str(Path(options.database).parent)] == "database"
    assert set(mounts.values()) == {volume["name"] for volume in pod["spec"]["volumes"]}
    assert pod["spec"]["terminationGracePeriodSeconds"] > metadata_server._GRACE


def test_one_server_at_a_time_with_no_rights(
    manifest: dict[str, Any], pod: dict[str, Any], container: dict[str, Any], project: Path
) -> None:
    spec = manifest["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    user = pod["spec"]["securityContext"]["runAsUser"]
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert f"USER {user}" in (project / "kubeflow" / "deploy" / "Dockerfile").read_text()
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert set(container["resources"]) == {"requests", "limits"}


def test_only_the_namespace_comes_in_and_only_names_are_asked_for(
    manifest: dict[str, Any],
) -> None:
    policy = manifest["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [entry["from"] for entry in policy["ingress"]] == [[{"podSelector": {}}]]
    assert {port["port"] for out in policy["egress"] for port in out["ports"]} == {53}


def test_the_password_comes_from_a_secret_that_may_be_missing(container: dict[str, Any]) -> None:
    secrets = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"]}
    assert secrets == {
        "TRIPTYCH_MYSQL_USER": {"name": "triptych-mysql", "key": "user", "optional": True},
        "TRIPTYCH_MYSQL_PASSWORD": {"name": "triptych-mysql", "key": "password", "optional": True},
    }


def test_the_kustomization_replaces_the_image(container: dict[str, Any], project: Path) -> None:
    kustomization = yaml.safe_load(
        (project / "kubeflow" / "deploy" / "kustomization.yaml").read_text()
    )
    assert "metadata-server.yaml" in kustomization["resources"]
    [image] = kustomization["images"]
    assert container["image"] == f"{image['name']}:{image['newTag']}"
