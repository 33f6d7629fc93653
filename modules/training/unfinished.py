"""Where unfinished work is kept, so that a killed process goes on where it was, and what can be
gone on with later.

It is not among a node's properties, which are its cache key: the place changes no result.
"""

from __future__ import annotations

import os
from pathlib import Path

from modules.util.files import remove

VARIABLE = "TRIPTYCH_UNFINISHED"
KEPT = "TRIPTYCH_KEPT"


def folder(node: str, otherwise: Path) -> Path:
    """Where a node keeps what it has not finished.

    Args:
        node: its name in lower case, such as "trainer".
        otherwise: the folder when nobody has named one in the environment.
    """
    named = os.environ.get(VARIABLE)
    return Path(named) / node if named else otherwise


def kept(node: str, otherwise: Path) -> Path:
    """Where a node keeps what it has finished, and can make use of when it is asked for more.

    Args:
        node: its name in lower case, such as "tuner".
        otherwise: the folder when nobody has named one in the environment.
    """
    named = os.environ.get(KEPT)
    return Path(named) / node if named else folder(node, otherwise)


def finished(folder: Path) -> None:
    """Removes what has been finished; where the place was named, whoever named it does so.

    A node that is killed after its work and before the store knows of it begins again, and finds
    there that nothing is left to do.
    """
    if not os.environ.get(VARIABLE):
        remove(folder)
