"""The names of runs: on this machine the time at which they began; in a cluster, KFP's id."""

from __future__ import annotations

import datetime
from pathlib import Path

_FORM = "%Y%m%d-%H%M%S-%f"


def new_run_id() -> str:
    """A name for a run that begins now; names are in the order of time."""
    return datetime.datetime.now(datetime.timezone.utc).strftime(_FORM)


def is_local(name: str) -> bool:
    """Whether a run of that name was one of this machine, not of a cluster."""
    return _time_of(name) is not None


def begun(folder: Path) -> float:
    """When a run began, by its folder, in seconds since 1970; of one in a cluster, about when."""
    found = _time_of(folder.name)
    return folder.stat().st_mtime if found is None else found


def _time_of(name: str) -> float | None:
    try:
        found = datetime.datetime.strptime(name, _FORM)
    except ValueError:
        return None
    return found.replace(tzinfo=datetime.timezone.utc).timestamp()
