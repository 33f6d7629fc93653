"""Finds the model that a candidate has to match: the last one that was blessed before it."""

from __future__ import annotations

import ml_metadata as mlmd
from tfx.components.evaluator import constants
from tfx.dsl.components.common import resolver
from tfx.types import artifact


class LastBlessedOtherModel(resolver.ResolverStrategy):
    """Resolves the latest blessed model that is not the candidate itself.

    TFX's own strategy also finds the candidate, once it is blessed: a run with nothing to do
    would then judge the model against itself, and never be cached.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Picks at most one model.

        Args:
            store: the metadata store; not asked.
            input_dict: `candidate`, the model to judge; `model` and `model_blessing`, all that
                there are.

        Returns:
            The same keys; `model` and `model_blessing` hold one artifact each, or none.
        """
        candidates = {model.id for model in input_dict["candidate"]}
        blessings = {
            blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY): (
                blessing
            )
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY)
            == constants.BLESSED_VALUE
        }
        others = [m for m in input_dict["model"] if m.id in blessings and m.id not in candidates]
        if not others:
            return {"candidate": input_dict["candidate"], "model": [], "model_blessing": []}
        last = max(others, key=lambda model: model.id)
        return {
            "candidate": input_dict["candidate"],
            "model": [last],
            "model_blessing": [blessings[last.id]],
        }
