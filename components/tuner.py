"""TFX's Tuner, such that its results say what was searched for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfx.components.tuner import component as tfx_tuner
from tfx.components.tuner import executor as tfx_executor
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils, standard_component_specs

from components.results.facts import OBJECTIVE_FILE
from modules.util.files import write_json


class Executor(tfx_executor.Executor):
    """Searches as TFX does, and writes the objective beside the trials: they hold bare scores."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class."""
        tuner = tfx_executor.search(input_dict, exec_properties, self._get_tmp_dir())
        tfx_executor.write_best_hyperparameters(tuner, output_dict)
        results = artifact_utils.get_single_uri(
            output_dict[standard_component_specs.TUNER_RESULTS_KEY]
        )
        objective = tuner.oracle.objective
        found = {"name": objective.name, "direction": objective.direction}
        write_json(Path(results, OBJECTIVE_FILE), found)


class Tuner(tfx_tuner.Tuner):
    """TFX's Tuner with that executor."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
