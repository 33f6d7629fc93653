"""Names that the compiled file, the pods and the submit client agree on."""

from __future__ import annotations

import os
import re

APP = "/app"  # where the image has the project's data
VOLUME = "/mnt/triptych"  # where a pod has the shared volume
VERDICT = "Verdict"  # the last task; every other one is a node of TFX

# Nodes that learn: a GPU is asked for these and no others.
GPU_NODES = ("Tuner", "Trainer", "CrossValidator")
# Tasks that fail when they refuse.
GATES = ("data-gate", "verdict")

_PLACES = {"TRIPTYCH_APP": APP, "TRIPTYCH_VOLUME": VOLUME}


def task_name(node_id: str) -> str:
    """The KFP name of a node: `mnist-example-gen` of `MnistExampleGen`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", node_id).lower()


def place(path: str) -> str:
    """Where a path of the compiled file is here.

    Args:
        path: as in a pod, within APP or VOLUME.

    Returns:
        The same path, unless TRIPTYCH_APP or TRIPTYCH_VOLUME name another place for its beginning.
    """
    for variable, beginning in _PLACES.items():
        other = os.environ.get(variable)
        if other and (path == beginning or path.startswith(beginning + "/")):
            return other + path.removeprefix(beginning)
    return path
