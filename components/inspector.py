"""Looks at a judged model and its data, so that a report can show it without either.

It is no gate: what it sees stops nothing.
"""

from pathlib import Path
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils, path_utils

from components.asking import load
from components.inspection.look import inspect
from components.results.predictions import read_predictions
from modules import families
from modules.data.dataset import from_text
from modules.data.images import load_split

SPLITS = ("train", "eval", "test")


@component
def Inspector(
    model: InputArtifact[standard_artifacts.Model],
    examples: InputArtifact[standard_artifacts.Examples],
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    inspection: OutputArtifact[standard_artifacts.InferenceResult],
    family: Parameter[str],
    dataset: Parameter[str],
    source: Parameter[str],
) -> None:
    """Writes what components.results.inspection reads.

    Args:
        model: the exported model.
        examples: with the three splits.
        evaluation: beside which the Evaluator kept what a classifier said of each Example.
        inspection: the folder of inspection.json and of the archive of the pictures that it names.
        family: whose model it is.
        dataset: what the data say they are, as JSON.
        source: a hash of the code, so that its change is noticed.
    """
    known = families.load(family)(from_text(dataset))
    classifies = bool(known.evaluation.prediction)
    inspect(
        known,
        load(path_utils.serving_model_path(model.uri)),
        {split: _read(examples, split, known.dataset.side) for split in SPLITS},
        read_predictions({"evaluation": [evaluation]}) if classifies else None,
        Path(inspection.uri),
    )


def _read(examples: Any, split: str, side: int) -> Any:
    pattern = io_utils.all_files_pattern(artifact_utils.get_split_uri([examples], split))
    return load_split(pattern, side)
