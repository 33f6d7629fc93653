"""The versions of a pipeline in KFP: the same content is the same version, whenever it is sent.

KFP compares nothing that is uploaded. So a version's name ends in a hash of its file; the first
version has the pipeline's own name, which KFP gives it, and the pipeline's description the hash.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from kubeflow.client.answers import Trouble

_DIGITS = 12  # of the hash
_LONGEST = 50  # letters of the pipeline's name, so that a version's is one of Kubernetes, too


@dataclasses.dataclass(frozen=True)
class Version:
    """A version of a pipeline in KFP.

    Attributes:
        pipeline_id: its pipeline's.
        version_id: its own.
        name: as KFP shows it.
        new: whether it was uploaded just now.
    """

    pipeline_id: str
    version_id: str
    name: str
    new: bool = True


def publish(client: Any, file: Path, name: str, namespace: str | None) -> Version:
    """Finds the version with a file's content, or uploads it, and its pipeline if that is missing.

    Args:
        client: signed in.
        file: what to upload.
        name: of the pipeline.
        namespace: whose pipeline it is; kfp's own get_pipeline_id knows only the shared ones.

    Raises:
        Trouble: KFP refused it.
    """
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:_DIGITS]
    if not (pipeline := _pipeline(client, name, namespace)):
        try:
            made = client.upload_pipeline(
                str(file),
                pipeline_name=name,
                description=_description(digest),
                namespace=namespace,
            )
            pipeline_id = known(made.pipeline_id)
            return Version(pipeline_id, known(_find(client, pipeline_id, name)), name)
        except Trouble as error:
            if error.status != 409:
                raise
        pipeline = _pipeline(client, name, namespace)  # somebody else was faster
    pipeline_id = known(pipeline and pipeline.pipeline_id)
    own = f"{name[:_LONGEST].rstrip('-')}-{digest}"
    first = name if _description(digest) in str(pipeline.description or "") else ""
    for known_as in filter(None, (own, first)):
        if found := _find(client, pipeline_id, known_as):
            return Version(pipeline_id, found, known_as, new=False)
    try:
        version = client.upload_pipeline_version(
            str(file), pipeline_version_name=own, pipeline_id=pipeline_id
        )
    except Trouble as error:
        found = _find(client, pipeline_id, own) if error.status == 409 else ""
        if not found:
            raise
        return Version(pipeline_id, found, own, new=False)  # somebody else was faster
    return Version(pipeline_id, known(version.pipeline_version_id), own)


def named(name: str) -> str:
    """KFP's filter for what is shown under a name."""
    wanted = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [wanted]})


def known(identity: str | None) -> str:
    """An id that KFP has to have given.

    Raises:
        Trouble: it did not.
    """
    if not identity:
        raise Trouble("KFP's answer has no id; is it KFP 2?")
    return identity


def _pipeline(client: Any, name: str, namespace: str | None) -> Any:
    found = client.list_pipelines(namespace=namespace, filter=named(name)).pipelines
    return found[0] if found else None


def _find(client: Any, pipeline_id: str, name: str) -> str:
    answer = client.list_pipeline_versions(pipeline_id, page_size=1, filter=named(name))
    versions = answer.pipeline_versions or []
    return str(versions[0].pipeline_version_id or "") if versions else ""


def _description(digest: str) -> str:
    return f"first version: content {digest}"
