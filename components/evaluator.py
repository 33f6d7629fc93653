"""An Evaluator whose results can be read without TFMA, and say what was true when it judged."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorflow_model_analysis.proto import config_pb2
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as tfx_evaluator
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import (
    BaseChannel,
    Channel,
    artifact_utils,
    standard_artifacts,
    standard_component_specs,
)
from tfx.types.component_spec import ChannelParameter, ExecutionParameter
from tfx.utils import json_utils

from components import kept, pairing, proposal, tfma_results
from components.blessing import refuse
from components.comparison import Comparison
from components.gates import EVALUATOR, Failure, describe, no_gates, write_record
from components.gathered import on_disk
from components.paired import directions, pair, undefined
from components.results.facts import EVALUATION_FILE
from components.results.judged import Paired, Threshold
from components.results.predictions import Predictions, write_predictions
from components.thresholds import failures_of, of_bounds, of_changes
from modules import families
from modules.contract.family import Family
from modules.data.dataset import Dataset, from_text, to_text
from modules.training.judge import judge_of
from modules.util.files import remove, write_json, write_text
from modules.util.plain import to_json


class Executor(tfx_evaluator.Executor):
    """Judges as TFX does, then writes down in JSON what was found, and the record of the gates."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Raises:
            RuntimeError: the blessing and the thresholds do not say the same.
        """
        uri = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        dataset = from_text(exec_properties["dataset"])
        family = families.load(exec_properties["family"])(
            dataset, judge_of(input_dict.get("judge"))
        )
        spec = family.evaluation.for_classes(dataset.names)
        found, mine, theirs = self._compared(family, input_dict, output_dict, exec_properties)
        evaluation = tfma_results.read_evaluation(uri, family, found.note, found.left_out)
        errors = tfma_results.read_errors(uri, dataset.names)
        pairs: list[Paired] = []
        if mine:
            write_predictions(uri, mine)
        if mine and theirs:
            pairs = pair(mine, theirs, directions(spec), dataset.names)
        blessing = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.BLESSING_KEY]
        )
        broken = tfma_results.not_finite(evaluation, family)
        thin = tfma_results.thin_slices(evaluation, family)
        failures: list[Failure] = []
        thresholds: list[Threshold] = []
        if table := not broken and exec_properties["proposes"]:
            proposed = proposal.propose(evaluation, errors, spec)
            write_text(Path(uri, proposal.FILE), proposal.to_toml(proposed, table))
            failures = [no_gates(EVALUATOR)]
        elif not exec_properties["proposes"]:
            unmet = tfma_results.read_failures(uri, evaluation)
            blessed = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY)
            if blessed != (not unmet):
                why = describe(unmet) if unmet else "every threshold is met"
                said = "blessed" if blessed else "not blessed"
                raise RuntimeError(f"the model is {said} although {why}")
            gates = json.loads(exec_properties["gates"])
            thresholds = of_bounds(evaluation, errors, spec, gates, [*unmet, *thin])
            thresholds += of_changes(pairs, spec, gates)
            failures = failures_of(thresholds, unmet)
        failures = broken + failures + thin
        if failures:
            refuse(blessing, artifact_utils.get_single_instance(input_dict["model"]))
        evaluation = dataclasses.replace(
            evaluation,
            thresholds=tuple(thresholds),
            paired=tuple(pairs),
            baseline=_folder(input_dict) if theirs else "",
        )
        write_json(Path(uri, EVALUATION_FILE), to_json(evaluation))
        write_record(uri, EVALUATOR, failures)

    def _compared(
        self,
        family: Family,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> tuple[Comparison, Predictions | None, Predictions | None]:
        """Judges as TFX does, against as much of the last blessed model as can be compared.

        Returns:
            What can be compared; what the candidate said of each Example, and the last blessed
            model, None where there is no such or it cannot be compared with.
        """
        if not input_dict.get(standard_component_specs.BASELINE_MODEL_KEY):
            return (Comparison(), *self._judged(input_dict, output_dict, exec_properties))

        def judge(found: Comparison) -> tuple[Predictions | None, Predictions | None]:
            for artifacts in output_dict.values():
                _empty(artifacts[0].uri)
            inputs, properties = pairing.reduced(found, input_dict, exec_properties)
            return self._judged(inputs, output_dict, properties)

        found = pairing.look(family, input_dict, exec_properties, pairing.FEW)
        try:
            mine, theirs = judge(found)
        except Exception:
            # A few Examples may not have shown what is wrong with it; if all do not, it is not it.
            whole = pairing.look(family, input_dict, exec_properties)
            if whole == found:
                raise
            found = whole
            mine, theirs = judge(found)
        if mine and theirs:
            compared = [gate.figure for gate in family.evaluation.gates if gate.change]
            if lacking := undefined(mine, theirs, compared):
                found = found.without(lacking, "not a number")
                each = {n: v for n, v in theirs.each.items() if n not in lacking}
                theirs = dataclasses.replace(theirs, each=each)
        return found, mine, theirs

    def _judged(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> tuple[Predictions | None, Predictions | None]:
        """Judges as TFX does; gives what the candidate and the baseline said of each Example."""
        uri = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        # Beside what it is for, since a folder for temporary files may be in memory.
        with tempfile.TemporaryDirectory(dir=uri, prefix=".facts-") as folder, on_disk(folder):
            super().Do(input_dict, output_dict, exec_properties)
            return kept.find(kept.CANDIDATE), kept.find(kept.BASELINE)


def _empty(folder: str) -> None:
    """Removes what an earlier try wrote."""
    for path in Path(folder).iterdir():
        if path.is_dir() and not path.name.startswith("."):
            remove(path)
        elif path.is_file():
            path.unlink()


def _folder(input_dict: dict[str, list[Any]]) -> str:
    """The last blessed model, by its folder among the artifacts."""
    [model] = input_dict[standard_component_specs.BASELINE_MODEL_KEY]
    return "/".join(Path(model.uri).parts[-3:])


class EvaluatorSpec(standard_component_specs.EvaluatorSpec):
    """TFX's, with what it needs to know of ours."""

    INPUTS = {
        **standard_component_specs.EvaluatorSpec.INPUTS,
        "judge": ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    PARAMETERS = {
        **standard_component_specs.EvaluatorSpec.PARAMETERS,
        "family": ExecutionParameter(type=str),
        "dataset": ExecutionParameter(type=str),
        "gates": ExecutionParameter(type=str),
        "proposes": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }


class Evaluator(base_beam_component.BaseBeamComponent):
    """TFX's Evaluator, as far as it is needed here; its own takes no parameters of ours.

    Outputs `evaluation`, with TFMA's files, `facts.json`, `predictions.npz`, `gate.json` and,
    without gates, `gates.toml`, and `blessing`.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: BaseChannel,
        model: BaseChannel,
        eval_config: config_pb2.EvalConfig,
        family: str,
        dataset: Dataset,
        gates: Mapping[str, float],
        source: str,
        example_splits: list[str],
        proposes: str = "",
        baseline_model: BaseChannel | None = None,
        judge: BaseChannel | None = None,
    ) -> None:
        """Builds the component.

        Args:
            examples: what to judge on.
            model: what to judge.
            eval_config: what is measured, of which slices, against which bounds.
            family: whose model it is.
            dataset: what the data say of themselves.
            gates: the bounds by their names; those of `eval_config`, and by how much a figure may
                be worse than the last blessed model's.
            source: a hash of the code that judges, so that its change is noticed.
            example_splits: those of the Examples that are read.
            proposes: `family.profile`, when there are no gates for them: some are proposed, and
                the model is not blessed; empty when there are.
            baseline_model: the model to compare with.
            judge: by whose eyes its samples were read; None for the one that is shipped.
        """
        spec = EvaluatorSpec(
            examples=examples,
            model=model,
            baseline_model=baseline_model,
            eval_config=eval_config,
            example_splits=json_utils.dumps(example_splits),
            family=family,
            dataset=to_text(dataset),
            gates=json.dumps(dict(gates), sort_keys=True),
            proposes=proposes,
            judge=judge,
            source=source,
            evaluation=Channel(type=standard_artifacts.ModelEvaluation),
            blessing=Channel(type=standard_artifacts.ModelBlessing),
        )
        super().__init__(spec=spec)
