"""Runs of all families in one output folder, read as if they had been made there just now."""

from collections.abc import Callable
from pathlib import Path

from tests import runs, smoke

FAMILIES = ("transformer", "short vae", "short gan")  # in tests/smoke.py

# A run ends at once, and is the last one that the folder has of its family; what is asked for is
# read as ever.
RUN_ALREADY = """
import pipeline.api.running as _running
from pipeline.api import child as _child
from pipeline.api.reading import read as _read

_child.follow = lambda *_: _child.Ended(0, "", False)
_running._found = lambda settings, _: _read(_running._latest(settings), settings.output)
"""


def merged(smoke_run: Callable[[str], runs.Run], output: Path) -> Path:
    """Shows what the session's smoke runs wrote in one folder, and returns it; to be read."""
    for name in FAMILIES:
        smoke.linked(smoke_run(name), output)
    return output
