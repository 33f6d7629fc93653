"""The families of models: each file of this folder is one, and `--model` offers them all."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modules.contract.values import unknown

if TYPE_CHECKING:
    from modules.contract.family import Family
    from modules.data.dataset import Dataset

_FOLDER = Path(__file__).parent
_FIRST = "transformer"  # what is run when nobody says what


class UnknownFamily(ValueError):
    """A name that no family has; the message says which there are."""


def names() -> tuple[str, ...]:
    """The names of all families, the default one first; imports none of them."""
    found = sorted(path.stem for path in _FOLDER.glob("[a-z]*.py"))
    return tuple(sorted(found, key=lambda name: name != _FIRST))


def load(name: str) -> type[Family]:
    """Gives a family, which is bound to data by calling it with a Dataset.

    Args:
        name: of a file of this folder, without its ending; its FAMILY is meant.

    Raises:
        UnknownFamily: there is no family of that name.
        BrokenFamily: the file has no FAMILY, or one that is no class.
    """
    if name not in names():
        raise UnknownFamily(unknown("model", name, names()))
    module = importlib.import_module(f"{__name__}.{name}")
    if not isinstance(getattr(module, "FAMILY", None), type):
        from modules.contract.check import Broken, refuse

        refuse([Broken("family", f"modules/families/{name}.py has no class FAMILY")], name)
    return cast("type[Family]", module.FAMILY)


def check(name: str, given: Mapping[str, Any], dataset: Dataset) -> None:
    """Checks a family and hyperparameters before a run that uses them starts.

    Args:
        name: of the family.
        given: hyperparameters that do not have their default, typed or as text.
        dataset: what the run is about.

    Raises:
        UnknownFamily: there is no family of that name.
        BrokenFamily: it does not keep to the contract.
        BadHyperparameter: one is unknown, or does not fit, or they do not fit together.
    """
    from modules.contract.check import broken_clauses, refuse
    from modules.contract.hyperparameters import BadHyperparameter, resolve

    family = load(name)(dataset)
    refuse(broken_clauses(family), name)
    values = resolve(family.hyperparameters, None, given)
    # Those of profiles have been tried, and a start need not wait for a model that it does not use.
    tried = [{}, *(dict(profile.hyperparameters) for profile in family.profiles.values())]
    if dict(given) in tried:
        return
    try:
        family.check(values)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise BadHyperparameter(f"these hyperparameters do not fit together: {reason}") from error
