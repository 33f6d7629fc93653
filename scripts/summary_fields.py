"""Prints what each field of summary.json means, from the types that it is written from.

.venv/bin/python scripts/summary_fields.py > docs/summary.md
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from components.results import figures  # noqa: E402
from components.results.summary import Summary  # noqa: E402
from modules import families  # noqa: E402
from modules.contract.evaluation import EvaluationSpec  # noqa: E402
from modules.data.features import LABEL, STROKE  # noqa: E402

_INTRODUCTION = """\
# summary.json

<!-- Made by `.venv/bin/python scripts/summary_fields.py > docs/summary.md`. -->

`OUTPUT/MODEL/RUN/summary.json` has what is known about a run. It is there from the run's start, and
grows with every node. What is not a number (NaN, infinity) is null, and so is what the run did not
come to. Times are in seconds, parts are from 0 to 1, and folders are below the output folder unless
they begin with `/`.

"""
_FIGURES = """\
## The figures

Their names are the keys of `evaluation.overall` and of each slice in `evaluation.slices`, and what
`metric` means elsewhere. Images are those of the test split. [generators.md](generators.md) has the
formulas.

A figure that means nothing in a slice is left out of it. In the slice `label=8` there is one true
class: no average over classes, and no other class that could be taken for an 8. How well the 8 is
told from the others is a figure of the whole split: `precision_of_8`, and what
`evaluation.by_class` has of the 8. What the samples of a generator are like has nothing to do with
the test images of a slice.
"""
_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Any: "any value",
}
_ATTRIBUTE = re.compile(r"(\w+): (.+)")


class Undocumented(ValueError):
    """A field has no text; the message names it."""


def texts(kind: type[Any]) -> dict[str, str]:
    """What a dataclass's docstring says of each of its fields.

    Raises:
        Undocumented: it says nothing of one.
    """
    _, _, listed = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(listed).splitlines():
        if match := _ATTRIBUTE.match(line):
            name, found[match[1]] = match[1], match[2]
        elif name and line.startswith(" "):
            found[name] += f" {line.strip()}"
    names = [field.name for field in dataclasses.fields(kind)]
    if lacking := [f"{kind.__name__}.{name}" for name in names if name not in found]:
        raise Undocumented(f"the docstring says nothing of {', '.join(lacking)}")
    return {name: found[name] for name in names}


def in_json(hint: Any) -> str:
    """What a type is in JSON, in words."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return f"object, see [below](#{_anchor(hint)})"
    if origin in (typing.Union, types.UnionType):
        return " or ".join("null" if one is types.NoneType else in_json(one) for one in inner)
    if origin is not None and issubclass(origin, Mapping):
        return f"object: by name, {in_json(inner[1])}"
    if origin is not None and issubclass(origin, Sequence):
        return f"list of: {in_json(inner[0])}"
    return _PLAIN[hint]


def document() -> str:
    """The page.

    Raises:
        Undocumented: a field has no text.
    """
    tables = [_table(kind, places) for kind, places in _kinds().items()]
    return _INTRODUCTION + "\n".join([*tables, _FIGURES, *_of_families()])


def _kinds() -> dict[type[Any], list[str]]:
    """Summary and all that it holds, each with the places where it stands."""
    found: dict[type[Any], list[str]] = {Summary: [""]}
    waiting: list[tuple[type[Any], str]] = [(Summary, "")]
    for kind, place in waiting:
        for name, hint in typing.get_type_hints(kind).items():
            for inner, end in _inside(hint, f"{place}.{name}".lstrip(".")):
                found.setdefault(inner, []).append(end)
                waiting.append((inner, end))
    return found


def _inside(hint: Any, place: str) -> Iterator[tuple[type[Any], str]]:
    if dataclasses.is_dataclass(hint):
        yield typing.cast(type[Any], hint), place
    listed = typing.get_origin(hint) is tuple
    for inner in typing.get_args(hint):
        yield from _inside(inner, f"{place}[]" if listed else place)


def _table(kind: type[Any], places: Sequence[str]) -> str:
    said = (inspect.getdoc(kind) or "").splitlines()[0]
    where = " and ".join(f"`{place}`" for place in places if place)
    hints = typing.get_type_hints(kind)
    rows = [f"| `{n}` | {in_json(hints[n])} | {_cell(text)} |" for n, text in texts(kind).items()]
    head = ["| field | JSON | meaning |", "|---|---|---|"]
    told = f"{where}. {said}" if where else said
    return "\n".join([f"## {kind.__name__}", "", _cell(told), "", *head, *rows, ""])


def _of_families() -> Iterator[str]:
    classifier, vae, gan = (families.load(n).evaluation for n in ("transformer", "vae", "gan"))
    for title, known, spec in (
        ("Of classifiers", figures.OF_CLASSIFIERS, classifier),
        ("Of the VAE", figures.OF_VAES, vae),
        ("Of samples, of VAE and GAN", figures.OF_SAMPLES, gan),
        ("Of the GAN's discriminator", figures.OF_DISCRIMINATORS, gan),
        ("Of each family", figures.OF_ALL, classifier),
    ):
        rows = [f"| `{n}` | {_cell(text)} | {_where(spec, n)} |" for n, text in known.items()]
        head = ["| figure | what it is | in slices |", "|---|---|---|"]
        yield "\n".join([f"### {title}", "", *head, *rows, ""])
    rows = [f"| `{name}` | {_cell(text)} |" for name, text in figures.BY_CLASS.items()]
    head = ["| `evaluation.by_class` | what it is, of each class |", "|---|---|"]
    yield "\n".join(["### By class, of classifiers", "", *head, *rows, ""])


def _where(spec: EvaluationSpec, figure: str) -> str:
    left_out = spec.for_classes(["C"]).meaningless
    if figure in left_out([STROKE]):
        return "no"
    return "not of one class" if figure in left_out([LABEL]) else "yes"


def _anchor(kind: type[Any]) -> str:
    return kind.__name__.lower()


def _cell(text: str) -> str:
    text = re.sub(r"\bNone\b", "null", text.replace("|", "\\|"))  # as JSON calls it
    return text.replace("docs/settings.md", "[settings.md](settings.md)")


if __name__ == "__main__":
    sys.stdout.write(document())
