"""Reads a value that a person gave, as text or typed, into its type and within its bounds.

Settings and hyperparameters share it, so that a wrong value is answered alike everywhere: with its
name, what it has to be, and what was given.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from modules.contract.paths import BadPath, is_sound, local_path

_SWITCHES = {"true": True, "false": False}
_NAMES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    object: "a number, true, false or text",
}


class BadValue(ValueError):
    """A value that does not fit; the message is a sentence for the person who gave it."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a value has to be.

    Attributes:
        type: int, float, bool, str, Path, or object for any of these but a path, as it was given.
        least: the smallest number; None where there is no such bound.
        most: the greatest number; None where there is no such bound.
        below: numbers have to be smaller than this; None where there is no such bound.
        zero: 0 is allowed as well, whatever is the smallest number; it stands for none.
        words: all that a text can be; empty for any text.
        several: a text is some of the words, with commas or spaces between them, or a list of them.
        absent: the word for None, such as "all"; empty where there has to be a value.
    """

    type: type
    least: float | None = None
    most: float | None = None
    below: float | None = None
    zero: bool = False
    words: tuple[str, ...] = ()
    several: bool = False
    absent: str = ""

    def __str__(self) -> str:
        """What it has to be, in words: "a whole number from 1 to 10, or all"."""
        said = _NAMES[self.type]
        if self.words:
            said = f"one of {', '.join(self.words)}"
        if self.several:
            said = (
                f"some of {self.words[0]} to {self.words[-1]}, with commas or spaces between them"
            )
        if self.least is not None and self.most is not None:
            said += f" from {_plain(self.least)} to {_plain(self.most)}"
        elif self.least is not None:
            said += f" of at least {_plain(self.least)}"
        elif self.most is not None:
            said += f" of at most {_plain(self.most)}"
        if self.below is not None:
            said += f" {'and' if self.least is not None else ''} below {_plain(self.below)}"
        said += ", or 0" if self.zero else ""
        return f"{said}, or {self.absent}" if self.absent else said


def read(name: str, value: Any, kind: Kind) -> Any:
    """Reads a value.

    Args:
        name: for the message.
        value: text as it was typed, or a value that already has a type (from a file).
        kind: what it has to be.

    Returns:
        The value, of `kind.type`; None for the word `kind.absent`, and for None where that is
        allowed.

    Raises:
        BadValue: naming the value, its bounds and what was given.
    """
    # The spaces of a path are its own.
    said = value.strip() if isinstance(value, str) and kind.type is not Path else value
    if kind.absent and (said is None or (isinstance(said, str) and said.lower() == kind.absent)):
        return None
    if kind.several:
        return _some(name, said, kind)
    try:
        found = _typed(said, kind.type)
    except BadPath as error:
        raise BadValue(f"{name} must be {kind}: {error}") from None
    if kind.words and found not in kind.words:
        raise BadValue(unknown(name, value, kind.words))
    if found is None or not _within(found, kind):
        raise BadValue(f"{name} must be {kind}, not {_shown(value)}")
    return found + 0.0 if isinstance(found, float) else found  # 0 has no sign


def _some(name: str, value: Any, kind: Kind) -> str:
    """Reads some of a kind's words, in whichever order they were given.

    Raises:
        BadValue: naming what is none of them.
    """
    listed = value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(one, str) for one in listed):
        raise BadValue(f"{name} must be {kind}, not {_shown(value)}")
    found = " ".join(listed).replace(",", " ").split()
    for one in found:
        if one not in kind.words:
            raise BadValue(unknown(name, one, kind.words))
    return ", ".join(word for word in kind.words if word in found)


def argument(kind: Kind) -> Callable[[str], Any]:
    """Makes what argparse calls a type: it reads what was typed, or says what it has to be."""

    def typed(text: str) -> Any:
        try:
            return read("the value", text, kind)
        except BadValue as error:
            import argparse  # whoever asks has it already

            raise argparse.ArgumentTypeError(str(error)) from None

    return typed


def choice(words: Sequence[str]) -> str:
    """Lists words to choose from: "a, b or c"."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def unknown(what: str, name: Any, known: Sequence[str]) -> str:
    """Says that there is no such name, which ones there are, and which may have been meant.

    Args:
        what: of what the name is, such as "setting".
        name: as it was given.
        known: at least one name.
    """
    import difflib  # only who has mistyped waits for it

    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.75)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"unknown {what} {_shown(name)}{meant}; choose {choice(known)}"


def _typed(value: Any, wanted: type) -> Any:
    """The value as the wanted type; None when it is no such thing.

    Raises:
        BadPath: it is an address that is no path on this machine.
    """
    if isinstance(value, (str, Path)) and not is_sound(str(value)):
        return None
    if wanted is bool:
        return value if isinstance(value, bool) else _SWITCHES.get(str(value).lower())
    if wanted in (str, Path):
        read = local_path if wanted is Path else str
        return read(str(value)) if isinstance(value, (str, Path)) else None
    if wanted is object and isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, bool) or (wanted is object and not isinstance(value, float)):
        return None
    if wanted is int:
        return _whole(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> int | None:
    """A whole number; "6_000" and 3.0 are some, "3.5" is none."""
    if isinstance(value, int):
        return value
    try:
        if isinstance(value, float):
            return int(value) if value.is_integer() else None
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _within(value: Any, kind: Kind) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return True
    if kind.zero and value == 0:
        return True
    return not (
        (kind.least is not None and value < kind.least)
        or (kind.most is not None and value > kind.most)
        or (kind.below is not None and value >= kind.below)
    )


def _plain(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:g}"


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return repr(text) if isinstance(value, str) else text
