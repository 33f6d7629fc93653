"""Whether what a family says of its model's answers keeps to the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modules.contract.family import Output


def served(family: Any) -> Iterator[str]:
    """What is wrong with the signatures and outputs that a family says are asked before a push."""
    names = getattr(family, "served", None)
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        yield "it has to be a tuple of names of signatures"
        return
    if "serving_default" not in names:
        yield "serving_default is not among them"
    groups = getattr(family, "same", ())
    if not isinstance(groups, tuple) or not all(isinstance(group, tuple) for group in groups):
        yield "same has to be a tuple of groups, each a tuple of Output"
        return
    for group in groups:
        if len(group) < 2 or not all(isinstance(one, Output) for one in group):
            yield "a group of same has to be two of Output or more"
            continue
        if group[0].of is not None:
            yield f"{group[0]} stands first in its group, and is not of the examples themselves"
        for one in group:
            while isinstance(one, Output):
                if one.signature not in names:
                    yield f"{one} is of {one.signature}, which is not served"
                one = one.of
