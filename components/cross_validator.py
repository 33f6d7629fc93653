"""Cross-validates the configuration that the Trainer will use, on all images but the test's."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils

from components.outliers import outliers
from components.results.folds import FILE, Fold, Folds
from modules import families
from modules.contract.evaluation import Scale
from modules.contract.family import Family
from modules.training.folds import Patterns, cross_validate
from modules.training.judge import judge_of
from modules.training.tasks import FoldsTask, from_config
from modules.util.files import write_json
from modules.util.plain import from_json, to_json


@component
def CrossValidator(
    examples: InputArtifact[standard_artifacts.Examples],
    folds: OutputArtifact[standard_artifacts.ModelEvaluation],
    task: Parameter[str],
    best_hyperparameters: InputArtifact[standard_artifacts.HyperParameters] = None,
    judge: InputArtifact[standard_artifacts.Model] = None,
) -> None:
    """Trains a model a fold, and writes down what each of them, and all together, came to.

    It judges nothing: a bound that changes does not train again. FoldsGate has the bound.

    Args:
        examples: whose splits `train` and `eval` are divided into folds.
        folds: the folder of folds.json.
        task: a modules.training.tasks.FoldsTask as JSON.
        best_hyperparameters: of a search; none without one.
        judge: by whose eyes samples are read; none for the shipped one.
    """
    asked = from_config(FoldsTask, json.loads(task))
    patterns = [
        [io_utils.all_files_pattern(artifact_utils.get_split_uri([examples], split))]
        for split in ("train", "eval")
    ]
    entries = cross_validate(
        asked,
        Patterns(*patterns),
        _values(best_hyperparameters),
        judge_of([judge] if judge else None),
        Path(folds.uri, ".unfinished"),
    )
    found = sum_up(families.load(asked.family), entries)
    write_json(Path(folds.uri, FILE), to_json(found))


def sum_up(family: type[Family], entries: Sequence[Mapping[str, Any]]) -> Folds:
    """Makes facts of what modules.training.folds gives."""
    folds = tuple(from_json(Fold, entry) for entry in entries)
    objective = family.objective
    known = [score for fold in folds if (score := fold.figures.get(objective.name)) is not None]
    whole = len(known) == len(folds)
    odd: list[int] = []
    if whole:
        shares = family.evaluation.folds is Scale.OF_EXAMPLES
        odd = outliers(known, _errors(known, folds) if shares else None)
    return Folds(
        objective=objective.name,
        direction=objective.direction,
        folds=folds,
        mean=round(fmean(known), 6) if whole else None,
        deviation=round(stdev(known), 6) if whole else None,
        outliers=tuple(place + 1 for place in odd),
        seconds=round(sum(fold.seconds for fold in folds), 1),
    )


def _errors(shares: Sequence[float], folds: Sequence[Fold]) -> list[float]:
    """How far a share of a fold's images is from the truth by chance."""
    mean = fmean(shares)
    return [(max(0.0, mean * (1.0 - mean)) / fold.held_out_images) ** 0.5 for fold in folds]


def _values(best: Any) -> Mapping[str, Any] | None:
    """The hyperparameters that a search found."""
    if best is None:
        return None
    file = io_utils.get_only_uri_in_dir(best.uri)
    values: Mapping[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))["values"]
    return values
