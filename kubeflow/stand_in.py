"""What stands in here for what a cluster has: folders, for a volume or an object store."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from kubeflow.names import STORE_HERE, place

_VOLUME = "TRIPTYCH_VOLUME"


def prepare(file: Path, folder: Path, app: Path) -> None:
    """Tells the tasks of a compiled file which folders are theirs.

    Where the file names an object store, FOLDER/store stands in for it, and each task in its turn
    has FOLDER/pod to itself, which it leaves as empty as it found it.

    Args:
        file: that is executed.
        folder: for all that.
        app: the project, which a pod has in its image.
    """
    from kubeflow.compiling import compiled, storage

    os.environ["TRIPTYCH_APP"], os.environ[_VOLUME] = str(app), str(folder)
    os.environ.pop(STORE_HERE, None)
    _, _, tasks = compiled.read(file)
    if storage.store_of(compiled.at(tasks[0].executor, "container"))[0]:
        os.environ[_VOLUME] = str(folder / "pod")
        os.environ[STORE_HERE] = str(folder / "store")
        shutil.rmtree(folder / "pod", ignore_errors=True)  # of one that was killed


def lasting(path: str) -> str:
    """Where a path of the compiled file lasts on this machine, when the task is gone."""
    store, here, pod = os.environ.get(STORE_HERE), place(path), os.environ.get(_VOLUME, "")
    return f"{store}{here.removeprefix(pod)}" if store and here.startswith(f"{pod}/") else here
