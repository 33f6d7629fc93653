"""The overlay for a private registry and storage of one node: it changes what it names, and
Kubernetes takes what comes of it."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_metadata_manifest import check

FILES = ("metadata-server.yaml", "volume.yaml")


def patched(document: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """A document after JSON patches (RFC 6902) that add or replace a field of a mapping."""
    changed = copy.deepcopy(document)
    for operation in operations:
        *above, last = operation["path"].strip("/").split("/")
        part = changed
        for key in above:
            part = part[key]
        assert operation["op"] in ("add", "replace")
        assert (last in part) == (operation["op"] == "replace"), operation["path"]
        part[last] = operation["value"]
    return changed


@pytest.fixture(scope="module")
def overlay(project: Path) -> dict[str, Any]:
    file = project / "kubeflow" / "deploy" / "company" / "kustomization.yaml"
    return yaml.safe_load(file.read_text())


@pytest.fixture(scope="module")
def made(project: Path, overlay: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The patched documents by their kinds and names; every patch meets one."""
    folder = project / "kubeflow" / "deploy"
    documents = [
        document for file in FILES for document in yaml.safe_load_all((folder / file).read_text())
    ]
    found = {(one["kind"], one["metadata"]["name"]): one for one in documents}
    for patch in overlay["patches"]:
        where = (patch["target"]["kind"], patch["target"]["name"])
        found[where] = patched(found[where], yaml.safe_load(patch["patch"]))
    return found


def test_the_overlay_is_of_what_is_deployed(overlay: dict[str, Any], project: Path) -> None:
    base = yaml.safe_load((project / "kubeflow/deploy/kustomization.yaml").read_text())
    assert overlay["resources"] == [".."] and set(base["resources"]) == set(FILES)
    assert overlay["images"][0]["name"] == base["images"][0]["newName"]
    assert overlay["apiVersion"] == base["apiVersion"] and overlay["kind"] == base["kind"]


def test_kubernetes_takes_what_comes_of_it(made: dict[tuple[str, str], dict[str, Any]]) -> None:
    for (kind, _), document in made.items():
        check(f"V1{kind}", document, kind)


def test_every_pod_pulls_with_the_secret(made: dict[tuple[str, str], dict[str, Any]]) -> None:
    pods = [one["spec"]["template"]["spec"] for one in made.values() if "template" in one["spec"]]
    assert len(pods) == 2
    assert all(pod["imagePullSecrets"] == [{"name": "registry"}] for pod in pods)


def test_no_claim_asks_for_more_than_one_node(
    made: dict[tuple[str, str], dict[str, Any]],
) -> None:
    claims = [one for (kind, _), one in made.items() if kind == "PersistentVolumeClaim"]
    assert [claim["spec"]["accessModes"] for claim in claims] == [["ReadWriteOnce"]] * 2
