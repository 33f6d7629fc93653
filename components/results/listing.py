"""Every run of an output folder, a line each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Listed:
    """A run in a line.

    Attributes:
        run: its name.
        family: of its model.
        outcome: how it ended: pushed, refused, failed ...
        differs: its settings that are not the same in all runs of the family, by dotted name.
        figure: the name of its key figure, such as "accuracy"; empty where nothing was measured.
        value: of that figure on the test split; None where nothing was measured.
        low: of its 95 % interval; None where it has none.
        high: see low.
        seconds: that the run took.
        folder: of the run.
    """

    run: str
    family: str
    outcome: str
    differs: Mapping[str, Any]
    figure: str
    value: float | None
    low: float | None
    high: float | None
    seconds: float
    folder: Path


def list_runs(output: Path) -> tuple[Listed, ...]:
    """Lists the runs of an output folder, the newest first; those that cannot be read are left out.

    Raises:
        BadFacts: there is none.
    """
    raise NotImplementedError(output)
