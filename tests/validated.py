"""Cross-validations that were never run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx.types import standard_artifacts

from components.cross_validator import sum_up
from components.folds_gate import FoldsGate
from components.results.folds import FILE, Folds
from modules import families
from modules.util.files import write_json
from modules.util.plain import to_json
from tests import artifacts

ACCURACIES = (0.9930, 0.9924, 0.9936, 0.9928, 0.9932)  # mean .9930, standard deviation .00045
NELBOS = (90.2, 90.8, 90.5, 90.1, 90.4)  # mean 90.4, standard deviation .27


def folds_of(
    scores: Sequence[float | None], family: str = "transformer", images: int = 12_000
) -> Folds:
    """Folds that came to these scores; None is a fold that failed."""
    kind = families.load(family)
    sizes = {"train_images": images * (len(scores) - 1), "held_out_images": images, "seconds": 60.0}
    ends: list[dict[str, Any]] = [
        {"failed": "training stopped: the loss is not finite"}
        if score is None
        else {"figures": {kind.objective.name: score, "val_loss": 0.1}}
        for score in scores
    ]
    return sum_up(kind, [{**sizes, **end} for end in ends])


def judged(folder: Path, found: Folds, bound: str = "") -> dict[str, Any]:
    """Asks the gate; returns the outputs of both nodes, by their names."""
    folds = artifacts.make(standard_artifacts.ModelEvaluation, folder / "folds")
    said = artifacts.make(standard_artifacts.ModelEvaluation, folder / "judged")
    write_json(folder / "folds" / FILE, to_json(found))
    FoldsGate.test_call(folds=folds, folds_judged=said, bound=bound, source="tests")
    return {"folds": [folds], "folds_judged": [said]}


def bounded(found: Folds, bound: float) -> Folds:
    """The same folds with what the gate says of a bound."""
    from components.folds_gate import judge, propose

    return dataclasses.replace(found, threshold=judge(found, bound), proposed=propose(found))
