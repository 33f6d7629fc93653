"""The place of a pod's run, by its environment: a volume, or a store and a folder of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from kubeflow.names import STORE, STORE_ENDPOINT, STORE_HERE, STORE_KEYS, VOLUME, place
from pipeline.place import Place
from pipeline.settings import BadSetting, Settings

_GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS"


@contextlib.contextmanager
def place_of(settings: Settings, say: Callable[[str], None]) -> Iterator[tuple[Settings, Place]]:
    """Gives a pod's place, and the settings that fit it.

    With a store, the output folder is this pod's own: it begins empty, and goes with the pod.

    Args:
        settings: with paths as they are on this machine.
        say: is told, at the end, what the store has cost.

    Raises:
        BadSetting: there is something in the output folder of a pod that has a store.
        StoreTrouble: the store does not answer.
    """
    here = os.environ.get(STORE_HERE)
    address = here or os.environ.get(STORE)
    if not address:
        yield settings, Place()
        return
    from kubeflow.store.address import endpoint_of, parse
    from kubeflow.store.files import Files
    from kubeflow.store.place import StorePlace

    found = parse(address)
    endpoint = "" if here else os.environ.get(STORE_ENDPOINT, "")
    keys = Path(STORE_KEYS)
    if _GOOGLE not in os.environ and keys.is_dir():
        os.environ[_GOOGLE] = str(next((one for one in keys.iterdir() if one.is_file()), keys))
    if settings.output.exists() and any(settings.output.iterdir()):
        raise BadSetting(
            f"{settings.output} is not empty: a pod that keeps its files in {found} needs a folder "
            "of its own there, and no volume"
        )
    files = Files(found, endpoint_of(found, endpoint))
    relative = dataclasses.replace(settings, relative=True)
    try:
        yield relative, StorePlace(files, Path(place(VOLUME)), relative)
        say(str(files.traffic))
    finally:
        shutil.rmtree(settings.output, ignore_errors=True)
