"""Where the data of this run lie.

It is not among a node's properties, which are its cache key: there, what the data are counts.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "TRIPTYCH_DATA"


def folder() -> Path:
    """The folder with the files.

    Raises:
        LookupError: nobody has named it in the environment.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        raise LookupError(f"{VARIABLE} does not name the folder of the data")
    return Path(named)
