"""What a disk refused, in a sentence: no room, no more quota, a file system that turned read-only.

Whoever wrote last is the one that fails: our own files, Beam, TensorFlow's C++, SQLite. So an error
is asked for its number, and for the words that each of these has for it.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.layers import BadSetting

_WORDS = {
    errno.ENOSPC: ("no space left on device", "database or disk is full"),
    errno.EDQUOT: ("disk quota exceeded",),
    errno.EFBIG: ("file too large",),
    errno.EROFS: ("read-only file system", "attempt to write a readonly database"),
    errno.EIO: ("input/output error", "disk i/o error"),
}
FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Numbers of errors that are nobody's bad input; a place that is read-only from the start is."""

_AGAIN = "and run the same command again"
_SENTENCES = {
    errno.ENOSPC: f"no room left for {{place}} ({{free}}); make room {_AGAIN}",
    errno.EDQUOT: f"no room left for {{place}}: the disk quota is used up; make room {_AGAIN}",
    errno.EFBIG: f"{{place}} may not grow so large; raise the limit (ulimit -f) {_AGAIN}",
    errno.EROFS: f"{{place}} cannot be written: its file system is read-only; mend that {_AGAIN}",
    errno.EIO: f"{{place}} cannot be read or written: input/output error; check its disk {_AGAIN}",
}
# "PATH; No space left on device" of TensorFlow, and "[Errno 28] ...: 'PATH'" of Python in a text.
_BEFORE = re.compile(r"(/[^\n;]*); (?:{})".format("|".join(sum(_WORDS.values(), ()))), re.I)
_OPERATION = re.compile(r"\{\{.*?\}\}")  # of TensorFlow, which it begins a message with
_AFTER = re.compile(r"\[Errno \d+\] [^\n:]+: '(/[^'\n]*)'")


def fault(error: BaseException, *folders: str | Path) -> str:
    """Says what the disk refused, with the place and the room that there is.

    Args:
        error: whatever was raised; what it was raised from, or while, is looked at as well.
        folders: that may have been written to when the error does not say what was; the one on the
            fullest disk is named, or that of temporary files.

    Returns:
        A sentence; empty when it was something else.
    """
    for one in _chain(error):
        if number := _number(one):
            return sentence(number, _place(one) or _fullest(folders))
    return ""


def sentence(number: int, place: str | Path) -> str:
    """Says what a disk refused.

    Args:
        number: of the error, one of those that this module knows.
        place: the file or folder.
    """
    return _SENTENCES[number].format(place=place, free=_room(place))


def check_temporary() -> None:
    """Checks that there is a folder for temporary files.

    Raises:
        BadSetting: no folder that may be one can be written.
    """
    try:
        tempfile.gettempdir()
    except OSError as error:
        raise BadSetting(
            f"{error.strerror}: make room in one of them, or set TMPDIR to a folder that can be "
            "written"
        ) from None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it was raised from or while; each once."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [other for other in (one.__cause__, one.__context__) if other]


def _number(error: BaseException) -> int:
    if isinstance(error, OSError) and error.errno:
        return error.errno if error.errno in _WORDS else 0
    text = str(error).lower()
    found = (number for number, words in _WORDS.items() if any(word in text for word in words))
    return next(found, 0)


def _place(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename:
        return os.path.abspath(os.fsdecode(error.filename))
    text = _OPERATION.sub("", str(error))
    found = _BEFORE.search(text) or _AFTER.search(text)
    return found[1] if found else ""


def _fullest(folders: tuple[str | Path, ...]) -> str:
    places = [os.path.abspath(folder) for folder in folders if str(folder)]
    try:
        places.append(tempfile.gettempdir())
    except OSError:
        pass  # there is none
    return min(places, key=_free, default="a file")


def _free(place: str | Path) -> int:
    """Bytes that are free at a place, which need not exist."""
    return _filesystem(place)[0]


def _room(place: str | Path) -> str:
    free, files = _filesystem(place)
    return f"{free:,} bytes free on its disk" + ("" if files else ", and no further file fits")


def _filesystem(place: str | Path) -> tuple[int, bool]:
    """The bytes that are free there, and whether there may be one more file."""
    there = next(path for path in (Path(place), *Path(place).parents) if path.exists())
    found = os.statvfs(there)
    return found.f_bavail * found.f_frsize, bool(found.f_favail or not found.f_files)
