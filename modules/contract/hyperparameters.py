"""A hyperparameter as a family declares it: default, bounds, and what a search may pick from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from modules.contract import values
from modules.contract.values import Kind

Values = Mapping[str, Any]  # a value for each hyperparameter of a family, by name

BATCH_SIZE = "batch_size"  # whose family has one of that name learns from so many images at once

_MOST = 100_000  # of what is counted


class BadHyperparameter(ValueError):
    """A hyperparameter is unknown, or its value does not fit; the message says what does."""


@dataclasses.dataclass(frozen=True)
class Hyperparameter:
    """One of a family's.

    Attributes:
        name: of it.
        default: the value that is taken when nobody chooses another.
        means: what it is, in some words.
        kind: what a value has to be; a person may set any such value.
        choices: what a search picks from; empty for one that is only set by hand.
    """

    name: str
    default: Any
    means: str
    kind: Kind
    choices: tuple[Any, ...] = ()

    def read(self, value: Any) -> Any:
        """Reads a value, typed or as text.

        Raises:
            BadHyperparameter: it does not fit.
        """
        try:
            return values.read(f"hyperparameters.{self.name}", value, self.kind)
        except values.BadValue as error:
            raise BadHyperparameter(str(error)) from None


def whole(
    name: str,
    default: int,
    means: str,
    choices: Sequence[int] = (),
    least: int = 1,
    most: int = _MOST,
) -> Hyperparameter:
    """A whole number from least to most."""
    return Hyperparameter(name, default, means, Kind(int, least=least, most=most), tuple(choices))


def number(
    name: str,
    default: float,
    means: str,
    choices: Sequence[float] = (),
    least: float = 0.0,
    most: float = 1e6,
) -> Hyperparameter:
    """A number from least to most."""
    return Hyperparameter(name, default, means, Kind(float, least=least, most=most), tuple(choices))


def share(name: str, default: float, means: str, choices: Sequence[float] = ()) -> Hyperparameter:
    """A part of a whole: a number from 0 to below 1."""
    return Hyperparameter(name, default, means, Kind(float, least=0, below=1), tuple(choices))


def switch(name: str, default: bool, means: str) -> Hyperparameter:
    """True or false, set by hand only."""
    return Hyperparameter(name, default, means, Kind(bool))


def word(name: str, default: str, means: str, choices: Sequence[str]) -> Hyperparameter:
    """One of some words, all of which a search may pick."""
    return Hyperparameter(name, default, means, Kind(str, words=tuple(choices)), tuple(choices))


def defaults(space: Sequence[Hyperparameter]) -> dict[str, Any]:
    """The default of each."""
    return {one.name: one.default for one in space}


def read_all(space: Sequence[Hyperparameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Reads values that were given by name.

    Args:
        space: what there is.
        given: some of them; a value may be text, as it was typed.

    Raises:
        BadHyperparameter: a name is unknown or a value does not fit, in one sentence.
    """
    known = {one.name: one for one in space}
    for name in given:
        if name not in known:
            raise BadHyperparameter(values.unknown("hyperparameter", name, sorted(known)))
    return {name: known[name].read(value) for name, value in given.items()}


def resolve(
    space: Sequence[Hyperparameter], found: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The values to train with: the defaults, then what a search found, then what was set by hand.

    Args:
        space: what there is.
        found: a search's choice; names that are not of the space are its own bookkeeping.
        given: see read_all.

    Raises:
        BadHyperparameter: see read_all.
    """
    names = {one.name for one in space}
    chosen = {name: value for name, value in (found or {}).items() if name in names}
    return {**defaults(space), **read_all(space, chosen), **read_all(space, given)}


def fitting(chosen: Values, images: int) -> dict[str, Any]:
    """The same values, but for a batch of more images than there are: it has them all.

    Args:
        chosen: of all hyperparameters.
        images: how many there are to learn from.
    """
    batch = chosen.get(BATCH_SIZE)
    return {**chosen, BATCH_SIZE: min(batch, images)} if batch else dict(chosen)


def that_fit(batches: Sequence[int], images: int) -> tuple[int, ...]:
    """Those of some sizes of a batch for which there are enough images."""
    return tuple(size for size in batches if size <= images)
