"""TFX's Trainer, for which a model that cannot be trained is an answer, and no failure."""

from __future__ import annotations

from typing import Any

from tfx.components.trainer import component as tfx_trainer
from tfx.components.trainer import executor as tfx_executor
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import json_utils

from components.fellows import FELLOWS, name_of
from components.gates import broken_off, write_record
from modules.contract.family import TrainingStopped

TRAINER = "Trainer"


class Executor(tfx_executor.GenericExecutor):
    """Trains as TFX does, and records beside the model whether there is one.

    A training that was broken off is complete, so that it is not begun again: the record says why
    there is no model, and the run ends there.
    """

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class."""
        failures = []
        try:
            super().Do(input_dict, output_dict, exec_properties)
        except TrainingStopped as stopped:
            failures.append(broken_off(TRAINER, "training", str(stopped)))
        model = artifact_utils.get_single_instance(output_dict[standard_component_specs.MODEL_KEY])
        task = json_utils.loads(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY])
        read = [artifact.id for artifacts in input_dict.values() for artifact in artifacts]
        model.set_string_custom_property(FELLOWS, name_of(task, read))
        write_record(model.uri, TRAINER, failures)


class Trainer(tfx_trainer.Trainer):
    """TFX's Trainer with that executor."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
