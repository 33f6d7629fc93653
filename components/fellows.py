"""Models that differ in their seed alone: trained in the same way, on the same data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from modules.util.files import digest

FELLOWS = "fellows"  # a custom property of a model: the same one for all of them
MODEL = "model_id"  # a custom property of a pushed model: which one was pushed

_SEED, _REPEAT = "seed", "repeat"
_SEEDS = 2**32


def name_of(task: Mapping[str, Any], inputs: Iterable[int]) -> str:
    """A name for all models that were trained like this one, but for what `repeat` adds to a seed.

    Args:
        task: of the training, a modules.training.tasks.TrainingTask as plain values.
        inputs: the ids of all that it read.
    """
    others = {name: value for name, value in task.items() if name not in (_SEED, _REPEAT)}
    first = (task.get(_SEED, 0) - task.get(_REPEAT, 0)) % _SEEDS
    return digest([others, first, sorted(inputs)])


def last_of(models: Collection[Any], pushes: Iterable[Any]) -> Any:
    """The newest of some models; of it and its fellows, the one that was pushed last.

    Args:
        models: artifacts, at least one.
        pushes: the artifacts of Pushers.
    """
    newest = max(models, key=_id)
    alike = [one for one in models if one is newest or are_fellows(one, newest)]
    pushed = {push.get_int_custom_property(MODEL): push.id for push in sorted(pushes, key=_id)}
    return max(alike, key=lambda one: (pushed.get(one.id, 0), one.id))


def are_fellows(one: Any, other: Any) -> bool:
    """Whether two models differ in their seed alone; unknown of those of older versions."""
    name = one.get_string_custom_property(FELLOWS)
    return bool(name) and name == other.get_string_custom_property(FELLOWS)


def _id(artifact: Any) -> int:
    return int(artifact.id)
