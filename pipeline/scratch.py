"""Temporary files of a run: in one folder of its own, which is gone when it ends.

Libraries leave theirs behind when a process is killed, in the folder that TMPDIR names: converted
code, Beam's working folders, what was to be read once.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = ".tmp"  # in the output folder

_VARIABLES = ("TMPDIR", "TEMP", "TMP")  # in the order in which they are asked


@contextmanager
def own_temporary_folder(output: Path) -> Iterator[Path]:
    """Keeps temporary files of this process and its children in the output folder meanwhile.

    Args:
        output: the output folder, whose lock this process holds: what lies there of an earlier run
            is nobody's, and is removed.
    """
    folder = output / FOLDER
    sweep_temporary(output)
    folder.mkdir()
    before = tempfile.tempdir
    variables = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(dict.fromkeys(_VARIABLES, str(folder)))
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        sweep_temporary(output)


def sweep_temporary(output: Path) -> None:
    """Removes the temporary files of killed runs; the caller holds the folder's lock."""
    shutil.rmtree(output / FOLDER, ignore_errors=True)


def clear_system_folders(artifacts: Path) -> None:
    """Removes what TFX leaves beside the artifacts of a family: a folder for each execution.

    Args:
        artifacts: a folder with one of each node, that no run is using.
    """
    for folder in artifacts.glob("*/.system"):
        shutil.rmtree(folder, ignore_errors=True)
