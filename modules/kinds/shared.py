"""Compiled models that one training leaves to the next: fresh weights, the same traced steps."""

from __future__ import annotations

import dataclasses
import gc
import threading
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from modules.contract.hyperparameters import Values

if TYPE_CHECKING:
    import keras
    import numpy as np

    from modules.networks.live import Number

_STEPS = "total_steps"  # beside the hyperparameters
_KEPT = 6  # models; each with its traced steps takes some tens of MB

# Keras draws first weights from numbers that all threads share; see randomness.begin.
_building = threading.Lock()


@dataclasses.dataclass
class _Model:
    """A built model.

    Attributes:
        model: compiled.
        shape: what its steps were traced for.
        numbers: what they were not traced for, by name.
        seed: of the first state.
        first: of its variables, before any training.
    """

    model: keras.Model
    shape: Values
    numbers: Mapping[str, Number]
    seed: int
    first: list[np.ndarray]

    def serves(self, shape: Values, live: Values) -> bool:
        """Whether a training by these values can have it."""
        return self.shape == shape and all(
            number.serves(live[name]) for name, number in self.numbers.items()
        )


class SharedModels:
    """The models that were used last.

    Args:
        live: names of hyperparameters that a model can change; see modules.networks.live.
    """

    def __init__(self, live: Collection[str]) -> None:
        self._live = live
        self._kept: list[_Model] = []  # the one that was used last stands last

    def fresh(
        self,
        build: Callable[[Values, Any, int], keras.Model],
        values: Values,
        total_steps: int,
        seed: int,
    ) -> keras.Model:
        """A model in the state that `build` would give it, for a training.

        Where anything is live, the number of steps is as well.

        Args:
            build: makes a compiled model of values, total_steps and a seed.
            values: of all hyperparameters.
            total_steps: as `build` takes them.
            seed: as `build` takes it.
        """
        from modules.networks.live import Number

        shape = self.graph(values)
        live = {name: values[name] for name in self._live}
        if live:
            live[_STEPS] = total_steps
        else:
            shape[_STEPS] = total_steps
        for kept in self._kept:
            if kept.serves(shape, live):
                self._kept.remove(kept)
                self._kept.append(kept)
                for name, number in kept.numbers.items():
                    number.set(live[name])
                if kept.seed != seed:
                    with _building:
                        kept.first = _state(build(values, total_steps, seed))
                    kept.seed = seed
                _restore(kept.model, kept.first)
                return kept.model
        if len(self._kept) == _KEPT:
            del self._kept[0]
            gc.collect()  # Keras's models refer to themselves
        numbers = {name: Number(value) for name, value in live.items()}
        chosen = {name: numbers.get(name, value) for name, value in values.items()}
        with _building:
            model = build(chosen, numbers.get(_STEPS, total_steps), seed)
        self._kept.append(_Model(model, shape, numbers, seed, _state(model)))
        return model

    def graph(self, values: Values) -> dict[str, Any]:
        """What trainings have to have in common to share a model."""
        return {name: value for name, value in values.items() if name not in self._live}

    def __bool__(self) -> bool:
        return bool(self._kept)


def _variables(model: keras.Model) -> list[Any]:
    """All that a training changes: of the layers, their random numbers, and the optimizers."""
    import keras

    found = [*model.variables]
    for held in vars(model).values():
        if isinstance(held, keras.optimizers.Optimizer):
            found += held.variables
    return found


def _state(model: keras.Model) -> list[np.ndarray]:
    import numpy as np

    # Copies: what `numpy` gives can be the memory of the variable itself.
    return [np.array(variable) for variable in _variables(model)]


def _restore(model: keras.Model, state: list[np.ndarray]) -> None:
    for variable, value in zip(_variables(model), state, strict=True):
        variable.assign(value)
