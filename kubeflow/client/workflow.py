"""A run's own list of nodes, as its Argo workflow has it.

KFP's API of version 2 leaves out what a node is called, its template, and why it failed or waits;
version 1 still gives the workflow as the controller reported it last (toApiRunDetailV1 in
backend/src/apiserver/server/api_converter.go). It is asked only when something has to be explained,
and what needs it does without where an installation does not offer it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from kubeflow.client.answers import Trouble, printable


@dataclasses.dataclass(frozen=True)
class Node:
    """A node of a workflow.

    Attributes:
        name: in the workflow, with those of all nodes above it.
        pod: the name of its pod, if it is one.
        phase: in Argo's words, such as Pending.
        message: why it failed, or what it waits for; "" for neither.
    """

    name: str
    pod: str
    phase: str
    message: str


@dataclasses.dataclass(frozen=True)
class Workflow:
    """A run's workflow.

    Attributes:
        namespace: where its pods are.
        nodes: by their ids.
    """

    namespace: str
    nodes: Mapping[str, Node]


def read_workflow(client: Any, run_id: str) -> Workflow | None:
    """Asks for the workflow of a run.

    Args:
        client: signed in.
        run_id: KFP's.

    Returns:
        It; None where KFP does not give it.
    """
    try:
        detail = ask(client, f"/apis/v1beta1/runs/{run_id}", {}, "object")
        manifest = json.loads(detail["pipeline_runtime"]["workflow_manifest"])
        nodes = manifest["status"]["nodes"]
        return Workflow(
            str(manifest["metadata"].get("namespace") or ""),
            {identity: _node(manifest, identity, node) for identity, node in nodes.items()},
        )
    except (Trouble, AttributeError, KeyError, TypeError, ValueError):
        return None


def ask(client: Any, path: str, query: Mapping[str, str], kind: str) -> Any:
    """Sends a request that kfp's client has no method for, signed in as it is.

    Args:
        client: kfp's.
        path: below the host.
        query: what to send with it.
        kind: `str` for text, `object` for JSON.

    Raises:
        Trouble: there is no answer, or a refusal.
    """
    return client._run_api.api_client.call_api(
        path,
        "GET",
        query_params=list(query.items()),
        response_type=kind,
        auth_settings=["Bearer"],
        _return_http_data_only=True,
    )


def _node(manifest: Any, identity: str, node: Any) -> Node:
    name = str(node.get("name") or "")
    pod = _pod_name(manifest["metadata"], identity, node) if node.get("type") == "Pod" else ""
    return Node(name, pod, str(node.get("phase") or ""), printable(str(node.get("message") or "")))


def _pod_name(metadata: Any, identity: str, node: Any) -> str:
    """Makes a pod's name as the controller did (RetrievePodName in KFP's workflow.go)."""
    workflow = metadata["name"]
    annotations = metadata.get("annotations") or {}
    if annotations.get("workflows.argoproj.io/pod-name-format") == "v1":
        return identity
    if node["name"] == workflow:
        return workflow
    template = "" if ".inline" in node["name"] else f"{node.get('templateName')}-"
    return f"{workflow}-{template}{identity.rpartition('-')[2]}"
