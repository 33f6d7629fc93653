"""Triptych from Python, for scripts and notebooks: run the pipeline, and read what it found.

    from pipeline.api import results, run

    found = run(model="vae", profile="smoke")
    found = results("output", model="vae")  # the same, later

docs/python.md tells all of it.
"""

from pipeline.api.errors import (
    BadInput,
    Failed,
    Killed,
    NotThere,
    Refused,
    Stopped,
    TriptychError,
)
from pipeline.api.found import Results
from pipeline.api.reading import results
from pipeline.api.running import run

__all__ = [
    "BadInput",
    "Failed",
    "Killed",
    "NotThere",
    "Refused",
    "Results",
    "Stopped",
    "TriptychError",
    "results",
    "run",
]
