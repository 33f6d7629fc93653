"""Whether a family keeps to the contract, clause by clause. Imports no framework.

A run asks `broken_clauses` before it starts any work, and the Trainer `broken_clauses_of_trained`
before it exports what it trained; tests/test_families.py asks everything of every family.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from modules.contract import answers
from modules.contract.evaluation import EvaluationSpec, Gate
from modules.contract.family import Family, Objective, Signature, Trained
from modules.contract.hyperparameters import BadHyperparameter, Hyperparameter, read_all
from modules.contract.profile import PROFILE_NAMES, Profile
from modules.contract.values import BadValue, read
from modules.data.features import SLICES


class Broken(NamedTuple):
    """A clause that a family breaks, and how, in some words."""

    clause: str
    problem: str


class BrokenFamily(ValueError):
    """A family that breaks the contract; the message names the family and every broken clause."""


def refuse(broken: Sequence[Broken], name: str) -> None:
    """Raises BrokenFamily for a family of that name, unless nothing is broken."""
    if broken:
        said = "; ".join(f"{clause}: {problem}" for clause, problem in broken)
        raise BrokenFamily(
            f"the family '{name}' does not keep to the contract of families: {said} "
            "(docs/families.md says what a family has)"
        )


def broken_clauses(family: Any) -> list[Broken]:
    """Checks what a family declares and offers; trains nothing.

    Args:
        family: any object; a family is bound to data.

    Returns:
        The broken clauses, in the order of DECLARED; a clause that rests on another one is looked
        at only when that one holds.
    """
    found: list[Broken] = []
    for clause, (check, needs) in DECLARED.items():
        if not any(broken.clause in needs for broken in found):
            found += [Broken(clause, problem) for problem in check(family)]
    return found


def broken_clauses_of_trained(
    family: Family, trained: Any, signatures: Mapping[str, Signature]
) -> list[Broken]:
    """Checks what a training gave.

    Args:
        family: whose training.
        trained: what `train` gave.
        signatures: what its `signatures` gave.
    """
    if not isinstance(trained, Trained):
        return [Broken("trained", f"train gives a {type(trained).__name__}, not a Trained")]
    found = []
    name = family.objective.name
    if name not in trained.history:
        found.append(Broken("history", f"the objective {name} is not in the history"))
    for figure, values in trained.history.items():
        if not values or not all(isinstance(value, (int, float)) for value in values):
            found.append(Broken("history", f"{figure} is not a list of numbers"))
    if not isinstance(trained.size, int) or trained.size < 1:
        found.append(Broken("size", f"{trained.size!r} is not a count of numbers that were learnt"))
    wanted = {*family.served, family.evaluation.signature}
    if missing := sorted(wanted - set(signatures)):
        found.append(Broken("signatures", f"there is no {', '.join(missing)}"))
    if wrong := [name for name, one in signatures.items() if not isinstance(one, Signature)]:
        found.append(Broken("signatures", f"{', '.join(wrong)} is not a Signature"))
    return found


def broken_clauses_of_saved(problem: str) -> list[Broken]:
    """Checks whether a Keras model was had back from its file, by what is wrong; "" for nothing."""
    return [Broken("keras", problem)] if problem else []


def broken_clauses_of_figures(family: Family, figures: Any) -> list[Broken]:
    """Checks what a family's `figures` gave of a slice.

    Args:
        family: whose.
        figures: what was given.
    """
    return [Broken("figures", problem) for problem in answers.figures(family, figures)]


def broken_clauses_of_each(family: Family, count: int, each: Any, figures: Any) -> list[Broken]:
    """Checks what a family's `each` gave of a slice.

    Args:
        family: whose.
        count: how many Examples the slice has.
        each: what was given.
        figures: what `figures` gave of the same slice, as far as it is sound.
    """
    return [Broken("each", problem) for problem in answers.each(family, count, each, figures)]


def _objective(family: Any) -> Iterator[str]:
    objective = getattr(family, "objective", None)
    if not isinstance(objective, Objective) or not objective.name:
        yield "it has to be an Objective: the name of a figure, and 'max' or 'min'"
    elif objective.direction not in ("max", "min"):
        yield f"its direction is 'max' or 'min', not {objective.direction!r}"


def _hyperparameters(family: Any) -> Iterator[str]:
    space = getattr(family, "hyperparameters", None)
    if not isinstance(space, tuple) or not all(isinstance(one, Hyperparameter) for one in space):
        yield "it has to be a tuple of Hyperparameter"
        return
    names = [one.name for one in space]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"{', '.join(twice)} is there twice"
    for one in space:
        for value in (one.default, *one.choices):
            try:
                if type(one.read(value)) is not type(value):
                    yield f"{one.name}'s {value!r} is not a {one.kind.type.__name__}"
            except BadHyperparameter as error:
                yield str(error)
        if one.choices and one.default not in one.choices:
            yield f"{one.name}'s default {one.default!r} is not among its choices"


def _evaluation(family: Any) -> Iterator[str]:
    evaluation = getattr(family, "evaluation", None)
    if not isinstance(evaluation, EvaluationSpec):
        yield "it has to be an EvaluationSpec"
        return
    measured = evaluation.measured
    for what in ("signature", "headline"):
        if not getattr(evaluation, what):
            yield f"it names no {what}"
    for what, names, known in (
        ("headline", evaluation.headline, measured),
        ("overall", evaluation.overall, set(evaluation.figures)),
        ("across", evaluation.across, set(evaluation.figures)),
        ("by_judge", evaluation.by_judge, measured),
    ):
        if unknown := [name for name in names if name not in known]:
            yield f"{what} names {', '.join(unknown)}, which is not measured"
    if evaluation.standard and not evaluation.prediction:
        yield "TFMA's own metrics need a prediction"
    if evaluation.by_judge and not evaluation.sight:
        yield "figures by a judge need the fact that says what it sees, or two cannot be told apart"


def _gates(family: Any) -> Iterator[str]:
    evaluation = family.evaluation
    scales: dict[str, Any] = {}
    if not evaluation.gates or not all(isinstance(gate, Gate) for gate in evaluation.gates):
        yield "there has to be a Gate, or nothing could ever be refused"
        return
    for gate in evaluation.gates:
        if scales.setdefault(gate.name, gate.scale) is not gate.scale:
            yield f"the gate {gate.name} stands on figures of several scales"
        if gate.change:
            if gate.of_class:
                yield f"{gate.change} is of each class's own figure, which no Example has a part in"
            try:
                read(f"what {gate.change} allows", gate.allowed, gate.scale.kind)
            except BadValue as error:
                yield str(error)
        if gate.figure not in evaluation.measured:
            yield f"the gate {gate.name} stands on {gate.figure}, which is not measured"
        if gate.of_class and gate.figure not in evaluation.of_class:
            yield f"the gate {gate.name} is of each class, and {gate.figure} is not"
        if gate.by and gate.by not in SLICES:
            yield f"the gate {gate.name} is by {gate.by}; slices are by {', '.join(SLICES)}"
        if gate.by and gate.figure in evaluation.meaningless([gate.by]):
            yield f"the gate {gate.name} is by {gate.by}, where {gate.figure} means nothing"


def _profiles(family: Any) -> Iterator[str]:
    profiles = getattr(family, "profiles", None)
    if not isinstance(profiles, Mapping) or set(profiles) != set(PROFILE_NAMES):
        yield f"it has to be a dict with {', '.join(PROFILE_NAMES)}"
        return
    for name, profile in profiles.items():
        if not isinstance(profile, Profile):
            yield f"{name} is not a Profile"
            continue
        try:
            fitting = read_all(family.hyperparameters, profile.hyperparameters)
            if fitting != dict(profile.hyperparameters):
                yield f"{name}'s hyperparameters have other types than the declared ones"
        except BadHyperparameter as error:
            yield f"{name}: {error}"


def _method(name: str, *parameters: str) -> Callable[[Any], Iterator[str]]:
    def check(family: Any) -> Iterator[str]:
        method = getattr(family, name, None)
        if not callable(method):
            yield f"it has to be a method: {name}({', '.join(parameters)})"
            return
        if getattr(type(family), name, None) is getattr(Family, name) and name in _TO_WRITE:
            yield f"{name}({', '.join(parameters)}) is not written"
            return
        try:
            inspect.signature(method).bind(*parameters)
        except TypeError as error:
            yield f"{name} does not take ({', '.join(parameters)}): {error}"

    return check


def _notes(family: Any) -> Iterator[str]:
    if problems := list(_method("notes")(family)):
        yield from problems
        return
    try:
        notes = family.notes()
        json.dumps(notes, allow_nan=False)
    except Exception as error:  # whatever it raises, it would raise in the middle of a run
        yield f"notes does not give plain JSON values ({type(error).__name__}: {error})"
        return
    if not isinstance(notes, dict):
        yield f"notes gives a {type(notes).__name__}, not a dict"


_TO_WRITE = ("train", "figures")  # what a family cannot inherit from Family itself

# What is looked at before a run starts: a check, and the clauses that it rests on.
DECLARED: Mapping[str, tuple[Callable[[Any], Iterator[str]], tuple[str, ...]]] = {
    "objective": (_objective, ()),
    "served": (answers.served, ()),
    "hyperparameters": (_hyperparameters, ()),
    "evaluation": (_evaluation, ()),
    "gates": (_gates, ("evaluation",)),
    "profiles": (_profiles, ("hyperparameters",)),
    "check": (_method("check", "values"), ()),
    "train": (_method("train", "values", "splits", "run"), ()),
    "figures": (_method("figures", "labels", "facts"), ()),
    "each": (_method("each", "labels", "facts"), ()),
    "views": (_method("views", "ask", "splits"), ()),
    "trivial": (_method("trivial", "splits"), ()),
    "notes": (_notes, ()),
}
# What is looked at when something was trained.
TRAINED = ("trained", "history", "size", "signatures", "keras", "figures", "each")
