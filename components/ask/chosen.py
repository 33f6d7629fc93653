"""Which model is asked: of those that are served, or that of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from components.results.models import Found, served, trained
from components.results.stored import BadFacts
from modules import families
from modules.contract.artifact import SERVING
from modules.contract.check import BrokenFamily
from modules.contract.family import Family
from modules.data.dataset import BadKind, from_plain

CLASSIFY, SAMPLE, RECONSTRUCT = "classify", "sample", "reconstruct"
BETWEEN, SEEDS = "walk between pictures", "walk from seeds"
_WORDS = {
    CLASSIFY: "FILE...",
    SAMPLE: "--sample COUNT",
    RECONSTRUCT: "--reconstruct FILE...",
    BETWEEN: "--walk FILE FILE",
    SEEDS: "--walk SEED SEED",
}


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A model, and what is known of it before it is loaded.

    Attributes:
        found: where it is, and the run that trained it.
        name: of its family.
        family: bound to the run's data.
        output: the folder that the run wrote to, where it is now.
    """

    found: Found
    name: str
    family: Family
    output: Path

    def __str__(self) -> str:
        """Such as "transformer, version 1700000000"; or "transformer, run 2026...", if refused."""
        if self.found.folder.parents[1].name == SERVING:
            return f"{self.name}, version {self.found.folder.name}"
        return f"{self.name}, run {self.found.run.name}"


def choose(output: Path, to: str, family: str = "", version: str = "", run: str = "") -> Chosen:
    """Chooses a model that can do what is asked.

    Args:
        output: the folder that runs write to.
        to: CLASSIFY, SAMPLE, RECONSTRUCT, BETWEEN or SEEDS.
        family: whose; empty for the one of the newest push that can do it.
        version: of a push; empty for the newest.
        run: the name of a run, whose model is taken, pushed or not; empty for what is served.

    Raises:
        BadFacts: there is no such model; the sentence says which there are.
    """
    if run:
        chosen = _known(trained(output, run), output)
        if not can(chosen.name, to):
            raise BadFacts(f"the model of {run} is a {chosen.name}, {_lacks(chosen.name, to)}")
        return chosen
    pushed = sorted(_pushed(output), reverse=True)
    if not pushed:
        raise BadFacts(
            f"no model was pushed to {output}; run the pipeline, or give --run NAME for one that "
            "was refused"
        )
    there = "; ".join(f"{name} {number}" for number, name in pushed)
    named = [name for _, name in pushed if family in ("", name)]
    if not named:
        raise BadFacts(f"no {family} was pushed to {output}; there are {there}")
    if version:
        named = [name for number, name in pushed if family in ("", name) and str(number) == version]
        if not named:
            raise BadFacts(f"there is no version {version} in {output}; choose of {there}")
    able = [name for name in named if can(name, to)]
    if not able:
        raise BadFacts(
            f"what was pushed is a {named[0]}, {_lacks(named[0], to)}; there are {there}"
        )
    return _known(served(output, able[0], version), output)


def can(family: str, to: str) -> bool:
    """Whether a family's models can do something: see `choose`."""
    known = families.load(family)
    served = set(known.served)
    encodes = {"encode", "decode"} <= served
    return {
        CLASSIFY: "serving_images" in served and bool(known.evaluation.prediction),
        SAMPLE: "sample" in served,
        RECONSTRUCT: "reconstruct" in served,
        BETWEEN: encodes,
        SEEDS: "sample" in served and not encodes,
    }[to]


def _pushed(output: Path) -> Iterator[tuple[int, str]]:
    """The numbers of all versions of known families, and their families."""
    for folder in (output / SERVING).glob("*/[0-9]*"):
        if folder.name.isdigit() and folder.parent.name in families.names():
            yield int(folder.name), folder.parent.name


def _known(found: Found, output: Path) -> Chosen:
    settings = found.summary.settings
    name = str(settings.get("model", ""))
    try:
        return Chosen(found, name, families.load(name)(from_plain(settings["dataset"])), output)
    except (families.UnknownFamily, BrokenFamily, BadKind, KeyError, TypeError) as error:
        raise BadFacts(
            f"{found.run} was made by another version of the project ({error}); run the pipeline "
            "again"
        ) from error


def _lacks(family: str, to: str) -> str:
    """What a family cannot, and what it can instead."""
    lacks = {
        CLASSIFY: "which gives no labels",
        RECONSTRUCT: "which cannot encode pictures, and so reconstruct none",
        BETWEEN: "which cannot encode pictures, and so walk between none",
        SEEDS: "which walks between no seeds",
    }
    able = [words for what, words in _WORDS.items() if can(family, what)]
    return f"{lacks.get(to, 'which makes no images')}; ask it {' or '.join(able) or 'otherwise'}"
