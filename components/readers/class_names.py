"""The names of the classes, in a small file beside the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from components.readers.reader import BadDataset

CLASS_NAMES = "class-names.txt"
"""A name a line, one for each class, in the order of the labels."""

_LONGEST = 40  # characters; a name stands in tables, in the titles of pictures and in figures


def read_names(folder: Path, labels: Sequence[int]) -> tuple[str, ...]:
    """The names of classes; without a file they are called by their labels.

    Args:
        folder: of the data.
        labels: of the classes, ascending.

    Raises:
        BadDataset: a name is missing, too many, empty, twice there, or not fit to be printed.
    """
    path = folder / CLASS_NAMES
    if not path.exists():
        return tuple(map(str, labels))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDataset(f"{path} is not UTF-8 text: save it as that.") from error
    except OSError as error:
        raise BadDataset(f"{path} cannot be read ({error.strerror}): check the file.") from error
    names = [line.strip() for line in text.rstrip().split("\n")]
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        problem = "is there twice: tell the classes apart" if name in seen else name_problem(name)
        if problem:
            raise BadDataset(f"{path}, line {number}: the name {name!r} {problem}.")
        seen.add(name)
    if len(names) != len(labels):
        raise BadDataset(
            f"{path} holds {len(names)} names, but the training labels are of {len(labels)}"
            f" classes ({labels[0]} to {labels[-1]}): write one name a line, in their order."
        )
    return tuple(names)


def name_problem(name: str) -> str:
    """Why a class cannot be called so, such as "is empty: ..."; empty when it can."""
    if not name or name != name.strip():
        return "is empty or has blanks at its ends: write a name"
    if not name.isprintable():
        return "has characters that cannot be printed: leave them out"
    if len(name) > _LONGEST:
        return f"has more than {_LONGEST} characters: shorten it"
    if "=" in name:
        return "has an equals sign, which ends the name of a setting: leave it out"
    return ""
