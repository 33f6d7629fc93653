"""Finds the model that a candidate has to match: the last one that was blessed before it."""

from __future__ import annotations

import ml_metadata as mlmd
from tfx.components.evaluator import constants
from tfx.dsl.components.common import resolver
from tfx.types import artifact

from components.fellows import are_fellows, last_of


class LastBlessedOtherModel(resolver.ResolverStrategy):
    """Resolves the latest blessed model that is neither the candidate nor one of its fellows.

    TFX's own strategy also finds the candidate, once it is blessed: a run with nothing to do
    would then judge the model against itself, and never be cached. Of a series of seeds, all are
    compared with the same earlier model, in whatever order they are judged; later runs are
    compared with the one of them that was pushed.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Picks at most one model.

        Args:
            store: the metadata store; not asked.
            input_dict: `candidate`, the model to judge; `model`, `model_blessing` and
                `pushed_model`, all that there are.

        Returns:
            The same keys; `model` and `model_blessing` hold one artifact each, or none, and
            `pushed_model` none.
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
        others = [
            model
            for model in input_dict["model"]
            if model.id in blessings
            and model.id not in candidates
            and not any(are_fellows(model, one) for one in input_dict["candidate"])
        ]
        found, blessed = [], []
        if others:
            last = last_of(others, input_dict["pushed_model"])
            found, blessed = [last], [blessings[last.id]]
        return {
            "candidate": input_dict["candidate"],
            "model": found,
            "model_blessing": blessed,
            "pushed_model": [],  # what is given counts as used
        }
