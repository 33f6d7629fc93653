"""Reads a path that a person gave: as it stands, or as a file:// address.

Other addresses, such as gs://bucket/x, are refused: taken for paths, they would name local folders.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from urllib.parse import unquote

# One slash is enough: pathlib makes one of two. A folder that is called so can be written ./gs:/x.
_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):(?P<rest>/.*)", re.IGNORECASE | re.DOTALL)

_PATTERN = frozenset("*?[]")


class BadPath(ValueError):
    """Text that is no path on this machine; the message says why, and begins with the text."""


def local_path(text: str) -> Path:
    """Reads a path.

    Args:
        text: a path, or file:///PATH or file://localhost/PATH, whose %-escapes are decoded.

    Raises:
        BadPath: it is empty or cannot name a file, is on another machine, or its scheme is another.
    """
    found = text
    if address := _ADDRESS.fullmatch(text):
        scheme, rest = address["scheme"].lower(), address["rest"]
        if scheme != "file":
            raise BadPath(
                f"'{text}' is not on this machine, and {scheme}:// does not work yet; name a path "
                "here, such as one below which it is mounted"
            )
        host, path = rest[2:].partition("/")[::2] if rest.startswith("//") else ("", rest[1:])
        if host.lower() not in ("", "localhost"):
            raise BadPath(
                f"'{text}' is on a machine called '{host}'; for a path on this one, write "
                f"file:///{host}/{path}"
            )
        found = f"/{unquote(path, errors='surrogateescape')}"
    if not is_sound(found):
        raise BadPath(f"{text!r} is no path")
    return Path(found)


def absolute(path: Path) -> Path:
    """The same path from the root on, with ~ for whom it stands for; nothing else is resolved.

    Raises:
        BadPath: it begins in the current folder, and that is gone.
    """
    try:
        return Path(os.path.expanduser(path)).absolute()
    except OSError as error:
        raise BadPath(
            f"'{path}' begins in the current folder, which cannot be used ({error.strerror}); "
            "change to another one, or name the path from / on"
        ) from None


def literal(path: Path) -> Path:
    """The same path, which Beam does not take for a pattern; it reads what links lead to.

    Raises:
        BadPath: it would.
    """
    if _PATTERN.intersection(os.path.realpath(path)):
        raise BadPath(
            f"Beam, which writes to it, would take {path} for a pattern; leave out * ? [ ]"
        )
    return path


def path_argument(text: str) -> Path:
    """Reads a path of a command line: the `type` of argparse's arguments."""
    try:
        return local_path(text)
    except BadPath as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def is_sound(text: str) -> bool:
    """Whether text is there, and can be written to a file and name one."""
    surrogates = any("\ud800" <= character <= "\udfff" for character in text)
    return bool(text.strip()) and "\0" not in text and not surrogates
