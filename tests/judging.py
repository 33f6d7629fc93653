"""Models before the Evaluator's own executor, with our configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tfx.types import channel_utils, standard_artifacts

from components.evaluator import Evaluator, Executor
from components.gates import Record, read_record
from components.results.facts import Evaluation, read_evaluation
from modules.data.dataset import Dataset
from modules.util.files import digest
from pipeline.dag import BEAM_ARGS
from pipeline.evaluation import eval_config
from tests import artifacts
from tests.datasets import MNIST

# What models.export_prototype_classifier meets.
CLASSIFIER = {
    "accuracy": 0.70,
    "class_accuracy": 0.40,
    "stroke_accuracy": 0.40,
    "class_precision": 0.45,
    "class_auc": 0.90,
    "cross_entropy": 2.0,
    "auc": 0.90,
    "accuracy_drop": 0.01,
}


class Judged(NamedTuple):
    """What became of a model: whether TFX blessed it, what was measured, what the gate said."""

    blessed: bool
    evaluation: Evaluation
    record: Record
    outputs: dict[str, list[Any]]


def judge(
    work: Path,
    examples: Any,
    model: Any,
    gates: Mapping[str, float],
    family: str = "transformer",
    baseline: Any = None,
    dataset: Dataset = MNIST,
    table: str = "",
) -> Judged:
    """Runs the executor, with the properties that the component gives it, in a folder of its own.

    Args:
        work: for a folder named after the model and the baseline.
        examples: an Examples artifact with the split `test`.
        model: a Model artifact with an id.
        gates: the family's bounds; if some are missing, there are none.
        family: whose model it is.
        baseline: a Model artifact to compare with.
        dataset: whose images the examples are.
        table: where proposed gates belong; empty where none are to be proposed.
    """
    as_channel = channel_utils.as_channel
    component = Evaluator(
        examples=as_channel([examples]),
        example_splits=["test"],
        model=as_channel([model]),
        eval_config=eval_config(family, dataset, gates),
        family=family,
        dataset=dataset,
        gates=gates,
        proposes=table,
        source="tests",
    )
    name = f"{model.id}-{baseline.id if baseline else 'alone'}-{digest(dict(gates))}"
    folder = work / f"evaluation-{name}"
    outputs = {
        "evaluation": [artifacts.make(standard_artifacts.ModelEvaluation, folder / "evaluation")],
        "blessing": [artifacts.make(standard_artifacts.ModelBlessing, folder / "blessing")],
    }
    inputs = {"examples": [examples], "model": [model]}
    if baseline:
        inputs["baseline_model"] = [baseline]
    context = Executor.Context(beam_pipeline_args=[*BEAM_ARGS], tmp_dir=str(folder / "tmp"))
    Executor(context).Do(inputs, outputs, dict(component.exec_properties))
    return Judged(
        bool(outputs["blessing"][0].get_int_custom_property("blessed")),
        read_evaluation(outputs),
        read_record(outputs["evaluation"][0].uri),
        outputs,
    )
