"""The name in an object store that says which metadata store speaks of it."""

from __future__ import annotations

import ml_metadata as mlmd

from kubeflow.store.files import Files
from pipeline.metadata import owner
from pipeline.settings import BadSetting

FILE = "metadata-store.txt"


def meet(files: Files, output: str, store: mlmd.MetadataStore) -> None:
    """Finds that an object store and a metadata store belong together; the first pod makes it so.

    Args:
        files: of the object store.
        output: the key of the output folder.
        store: the metadata store.

    Raises:
        BadSetting: one of the two belongs to another one.
    """
    here = f"{files.address}/{output}"
    name, first = owner.claim(store, here)
    written = files.read(f"{output}/{FILE}")
    if written is None and first == here:
        files.write(f"{output}/{FILE}", name.encode())
    elif written is None:
        raise BadSetting(
            f"the metadata store is that of runs with the object store {first}; give runs with "
            f"{here} a --metadata-store of their own (what was moved there whole, with {FILE}, "
            "goes on as it was)"
        )
    elif written.decode("utf-8", "replace").strip() != name:
        raise BadSetting(
            f"the object store {here} belongs to another metadata store, whose artifacts would be "
            "overwritten; go back to that --metadata-store, or give this one a --store with "
            "another prefix"
        )
