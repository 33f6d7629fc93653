"""What pods request, from what was measured of their tasks (kubeflow/pod/measure.py).

A request is the measured peak and half of it, at least half a GiB more, in steps of 256 MiB: other
machines have more threads, and so more of what each thread holds; KFP's own launcher runs in the
same pod; data of one's own may be larger. The limit is that of the table of nodes, far above: a pod
that needs more than was measured gets it where the node has room, and is not killed.

A node that was not measured for a family and a profile requests what the table of nodes says, as
does a task with a GPU, whose libraries hold more.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kubeflow.names import task_name

TABLE = Path(__file__).with_name("measured.json")
MARGIN, LEAST_MIB, STEP_MIB = 0.5, 512, 256


def of_tasks(
    family: str, profile: str, node_ids: Iterable[str], table: Path = TABLE
) -> dict[str, str]:
    """The memory that the pods of a pipeline request, as Kubernetes writes it.

    Args:
        family: of models.
        profile: of the run.
        node_ids: such as `Trainer`, and of the last task.
        table: what was measured.

    Returns:
        By the tasks' KFP names; without those that were not measured.
    """
    peaks = _read(table).get(family, {}).get(profile, {}).get("peak_mib", {})
    return {task_name(node): request(peaks[node]) for node in node_ids if node in peaks}


def request(peak_mib: float) -> str:
    """A peak with its margin, as Kubernetes writes it."""
    wanted = peak_mib + max(MARGIN * peak_mib, LEAST_MIB)
    return f"{math.ceil(wanted / STEP_MIB) * STEP_MIB}Mi"


@functools.lru_cache
def _read(table: Path) -> Any:
    return json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
