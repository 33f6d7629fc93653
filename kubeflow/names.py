"""Names on which the compiled file, the pods and the submit client agree."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pipeline.nodes import NODES

APP = "/app"  # where the image has the project's data
VOLUME = "/mnt/triptych"  # where a pod has the shared volume
STORE, STORE_ENDPOINT = "TRIPTYCH_STORE", "TRIPTYCH_STORE_ENDPOINT"  # of pods without a volume
STORE_HERE = "TRIPTYCH_STORE_HERE"  # a folder here that stands in for that store
STORE_KEYS = "/mnt/triptych-store-keys"  # where a pod has the file with Google's keys
VERDICT = "Verdict"  # the last task; every other one is a node of TFX

_PLACES = {"TRIPTYCH_APP": APP, "TRIPTYCH_VOLUME": VOLUME}


def task_name(node_id: str) -> str:
    """The KFP name of a node: `mnist-example-gen` of `MnistExampleGen`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", node_id).lower()


# Nodes that learn: a GPU is asked for these and no others.
GPU_NODES = tuple(node.id for node in NODES if node.learns)
# Tasks that do nothing but refuse or not, and would refuse again.
GATES = (*(task_name(node.id) for node in NODES if node.stops), task_name(VERDICT))
# Tasks that can end as refused.
REFUSING = (*GATES, *(task_name(node.id) for node in NODES if node.final))


def place(path: str) -> str:
    """Translates a path of the compiled file to this machine.

    Args:
        path: as in a pod, within APP or VOLUME.

    Returns:
        The same path, unless TRIPTYCH_APP or TRIPTYCH_VOLUME give another folder for APP or VOLUME.
    """
    for variable, beginning in _PLACES.items():
        other = os.environ.get(variable)
        if other and (path == beginning or path.startswith(beginning + "/")):
            return other + path.removeprefix(beginning)
    return path


def misplaced(settings: Mapping[str, Any]) -> Iterator[str]:
    """Gives a sentence for each path in a pipeline's settings that pods would not have.

    Args:
        settings: as pipeline.settings.to_plain writes them.
    """
    if not _within(settings.get("data_dir", ""), (APP, VOLUME)):
        where = f"in the image ({APP}) nor on the volume ({VOLUME})"
        yield f"data_dir '{settings.get('data_dir', '')}' is neither {where}"
    for name in ("output", "metadata_store"):
        path = settings.get(name, "")
        # Without an address, the metadata store is a file in the output folder.
        elsewhere = name == "metadata_store" and (path == "none" or "://" in path)
        if not elsewhere and not _within(path, (VOLUME,)):
            yield f"{name} '{path}' is not on the volume ({VOLUME}), which all pods share"


def _within(path: str, folders: tuple[str, ...]) -> bool:
    plain = path.startswith("/") and ".." not in PurePosixPath(path).parts
    return plain and any(path == f or path.startswith(f + "/") for f in folders)
