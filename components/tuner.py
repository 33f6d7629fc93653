"""TFX's Tuner, such that its results say all that a search found, or why it found nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from tfx.components.tuner import component as tfx_tuner
from tfx.components.tuner import executor as tfx_executor
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils, standard_component_specs

from components.gates import broken_off, write_record
from components.results.facts import SEARCH_FILE, Trial, Tuning
from components.results.logs import TRIALS
from components.trial_logs import write_trials
from modules.contract.family import TrainingStopped
from modules.util.files import write_json
from modules.util.plain import number, to_json

TUNER = "Tuner"


class Executor(tfx_executor.Executor):
    """Searches as TFX does, and writes what was found as facts, and a session of TensorBoard's
    HParams for each trial.

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
        found = _facts(tuner)
        write_json(Path(results, SEARCH_FILE), to_json(found))
        write_trials(Path(results, TRIALS), found)


def _facts(tuner: Any) -> Tuning:
    """What a modules.training.search.Search found."""
    objective = tuner.oracle.objective
    sign = -1.0 if objective.direction == "max" else 1.0
    trials = [dataclasses.replace(Trial(**row), score=number(row["score"])) for row in tuner.table]
    scored = [one for one in trials if one.score is not None]
    return Tuning(
        objective=objective.name,
        best=tuner.best,
        trials=(
            *sorted(scored, key=lambda one: sign * (one.score or 0.0)),
            *(one for one in trials if one.score is None),
        ),
        worth=tuner.worth,
        **tuner.found(),
    )


class Tuner(tfx_tuner.Tuner):
    """TFX's Tuner with that executor."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
