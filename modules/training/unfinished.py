"""Where unfinished work is kept, so that a killed process goes on where it was.

It is not among a node's properties, which are its cache key: the place changes no result.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "TRIPTYCH_UNFINISHED"


def folder(node: str, otherwise: Path) -> Path:
    """Where a node keeps what it has not finished.

    Args:
        node: its name in lower case, such as "trainer".
        otherwise: the folder when nobody has named one in the environment.
    """
    named = os.environ.get(VARIABLE)
    return Path(named) / node if named else otherwise
