"""Whether what a family says of its model's answers keeps to the contract."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from modules.contract.family import Output

_NOISE = 1e-5  # of sums of 32 bit numbers, added up in another order


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


def figures(family: Any, given: Any) -> Iterator[str]:
    """What is wrong with what a family's `figures` gave of a slice."""
    if not isinstance(given, Mapping):
        yield f"figures gives a {type(given).__name__}, not a dict"
        return
    classes = family.dataset.classes
    evaluation = family.evaluation.for_classes(family.dataset.names)
    if missing := [n for n in (*evaluation.figures, *evaluation.by_class) if n not in given]:
        yield f"figures gives no {', '.join(missing)}"
    for name in evaluation.by_class:
        if name in given and len(given[name]) != classes:
            yield f"{name} has {len(given[name])} rows, not {classes}"


def each(family: Any, count: int, given: Any, means: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with what a family's `each` gave of so many Examples, with these figures."""
    if not isinstance(given, Mapping):
        yield f"each gives a {type(given).__name__}, not a dict"
        return
    compared = {gate.figure for gate in family.evaluation.gates if gate.change}
    if missing := sorted(compared - given.keys()):
        yield f"each gives no {', '.join(missing)}, which is compared with the last blessed model"
    for name, values in given.items():
        if getattr(values, "shape", None) != (count,):
            yield f"{name} is not one number an Example"
            continue
        mean = float(values.mean(dtype=float))
        wanted = float(means.get(name, math.nan))  # of TFMA's own metrics it has none
        if math.isfinite(wanted) and not math.isclose(mean, wanted, rel_tol=_NOISE, abs_tol=_NOISE):
            yield f"{name} is {mean:g} on average, and {wanted:g} by figures"
