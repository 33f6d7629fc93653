"""Numbers that a compiled step reads anew each time, so that one step serves many trainings.

What TensorFlow traces has the plain numbers of its Python in it for good: another learning rate is
another step, which takes longer to trace than it then runs for an epoch. A Number is read from a
variable instead. None of that is part of a model: it is neither saved nor exported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf


class Number:
    """A number that can be changed while what was traced with it stays.

    Where code has asked whether it is 0 (no dropout, no layer for it), that shapes what is traced,
    and has to stay. TensorFlow takes it as a tensor, float32; Python does not calculate with it:
    see `following`.

    Args:
        value: to begin with.
    """

    def __init__(self, value: float) -> None:
        self.value = value
        self.followers: list[Callable[[], None]] = []
        self._asked = False
        self._variable = tf.Variable(value, trainable=False, dtype=tf.float32)

    def serves(self, value: float) -> bool:
        """Whether it can become this one."""
        return not self._asked or bool(value) == bool(self.value)

    def set(self, value: float) -> None:
        """Changes it.

        Raises:
            ValueError: it does not serve that one.
        """
        if not self.serves(value):
            raise ValueError(f"a step that was traced for {self.value} cannot do with {value}")
        self.value = value
        self._variable.assign(value)
        for follow in self.followers:
            follow()

    def __bool__(self) -> bool:
        self._asked = True
        return bool(self.value)

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return tf.cast(self._variable.read_value(), dtype or tf.float32, name)


def plain(value: Any) -> Any:
    """What a number is now, live or not; anything else as it is."""
    return value.value if isinstance(value, Number) else value


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same of each value, for what is written down."""
    return {name: plain(value) for name, value in values.items()}


def following(make: Callable[..., float], *of: Any) -> Any:
    """Calculates with numbers, and does so again whenever a live one of them changes.

    Args:
        make: from plain numbers to a plain one.
        of: numbers, live or not.

    Returns:
        A Number if there is one among them, else what `make` gave.
    """

    def made() -> float:
        return make(*(plain(one) for one in of))

    live = [one for one in of if isinstance(one, Number)]
    if not live:
        return made()
    found = Number(made())
    for one in live:
        one.followers.append(lambda: found.set(made()))
    return found
