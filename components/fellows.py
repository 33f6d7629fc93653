"""Models that differ in their seed alone: trained in the same way, on the same data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from modules.util.files import digest

FELLOWS = "fellows"  # a custom property of a model: the same one for all of them
PUSHED_BY = "pushed_by"  # another: the run that pushed it last

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


def last_of(models: Collection[Any]) -> Any:
    """The newest of some models; of its fellows, the one that was pushed last.

    Args:
        models: artifacts, at least one.
    """
    newest = max(models, key=lambda model: model.id)
    alike = [one for one in models if one is newest or are_fellows(one, newest)]
    return max(alike, key=lambda one: (one.get_string_custom_property(PUSHED_BY), one.id))


def are_fellows(one: Any, other: Any) -> bool:
    """Whether two models differ in their seed alone; unknown of those of older versions."""
    name = one.get_string_custom_property(FELLOWS)
    return bool(name) and name == other.get_string_custom_property(FELLOWS)
