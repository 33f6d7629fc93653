"""How a search is told to whoever listens, while it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.contract.family import Objective
from modules.training import progress

Row = Mapping[str, Any]  # of the table of trials; see Search


def report(
    table: Sequence[Row], objective: Objective, done: tuple[float, int], doing: str, ended: str
) -> None:
    """Tells how far a search is.

    Args:
        table: the trials that have ended.
        objective: the figure that they are compared by.
        done: how much of how much.
        doing: where it stands.
        ended: what has just ended; empty for nothing.
    """
    scores = [row["score"] for row in table if row["score"] is not None]
    best = max if objective.direction == "max" else min
    figure = f"best {progress.name_figure(objective.name, best(scores))}" if scores else ""
    part, whole = done
    progress.report(
        progress.Progress("tuning", min(whole, round(part)), whole, figure, doing, ended)
    )


def trial(row: Row, objective: str, searched: Sequence[str]) -> str:
    """A trial in words: its figure or why it has none, how long it was trained, and its values.

    Args:
        row: of the table.
        objective: the name of the figure.
        searched: the hyperparameters that trials differ in.
    """
    score = row["score"]
    figure = row["failed"] if score is None else progress.name_figure(objective, score)
    if row["epochs"] is None:
        long = f"{row['images']:,} images"
    elif row["start"]:
        long = f"epochs {row['start'] + 1} to {row['epochs']}"
    else:
        long = f"{row['epochs']} epoch{'s' * (row['epochs'] > 1)}"
    values = ", ".join(f"{name} {row['values'][name]}" for name in searched)
    return f"{figure}, {long}; {values}"
