"""The judge of a run's data, as nodes are given it: a Model artifact of the node Judge.

TFX's Tuner and Trainer take it as their `base_model`, and hand the folder of its serving model on;
the Evaluator has an input of its own. A run whose data the shipped judge reads has no such node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modules.metrics.judge import Judge, load

if TYPE_CHECKING:
    from tfx.components.trainer.fn_args_utils import FnArgs


def judge_given(fn_args: FnArgs) -> Judge | None:
    """The judge that TFX hands to run_fn and tuner_fn; None for the shipped one.

    Raises:
        ValueError: the base model is no judge of this version of the project.
    """
    return load(fn_args.base_model) if fn_args.base_model else None


def judge_of(artifacts: Sequence[Any] | None) -> Judge | None:
    """The judge among a node's inputs, of its Model artifact; None for the shipped one.

    Raises:
        ValueError: the artifact is no judge of this version of the project.
    """
    return load(folder_of(artifacts[0])) if artifacts else None


def folder_of(artifact: Any) -> str:
    """Where a judge lies in its Model artifact: the place of a serving model."""
    from tfx.utils import path_utils

    return str(path_utils.serving_model_dir(artifact.uri))
