"""TFX's Tuner, such that its results say what was searched for, and whether anything was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfx.components.tuner import component as tfx_tuner
from tfx.components.tuner import executor as tfx_executor
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils, standard_component_specs

from components.gates import broken_off, write_record
from components.results.facts import OBJECTIVE_FILE, read_tuning
from components.results.logs import TRIALS
from components.trial_logs import write_trials
from modules.contract.family import TrainingStopped
from modules.util.files import write_json

TUNER = "Tuner"


class Executor(tfx_executor.Executor):
    """Searches as TFX does, and writes the objective beside the trials, which hold bare scores, and
    a session of TensorBoard's HParams for each of them.

    A search whose trials were all broken off is complete, so that it is not made again: the record
    beside its results says that nothing was found, and the run ends there.
    """

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class."""
        results = artifact_utils.get_single_uri(
            output_dict[standard_component_specs.TUNER_RESULTS_KEY]
        )
        try:
            tuner = tfx_executor.search(input_dict, exec_properties, self._get_tmp_dir())
        except TrainingStopped as stopped:
            write_record(results, TUNER, [broken_off(TUNER, "search", str(stopped))])
            return
        write_record(results, TUNER, [])
        tfx_executor.write_best_hyperparameters(tuner, output_dict)
        objective = tuner.oracle.objective
        found = {"name": objective.name, "direction": objective.direction}
        write_json(Path(results, OBJECTIVE_FILE), found)
        write_trials(Path(results, TRIALS), read_tuning(output_dict))


class Tuner(tfx_tuner.Tuner):
    """TFX's Tuner with that executor."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
