"""Which object store a metadata store speaks of, written down in both.

Addresses in the metadata store are relative, so that they fit wherever a pod puts its files. That
makes them fit other files as well: those of another store, or none. What fits belongs together by
one name, which is made up when the first pod begins.
"""

from __future__ import annotations

import uuid

import ml_metadata as mlmd
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2 as proto

from pipeline.layers import BadSetting

_TYPE, _NAME = "triptych_object_store", "owner"
_ID, _WHERE = "id", "where"  # custom properties


def claim(store: mlmd.MetadataStore, where: str) -> tuple[str, str]:
    """Makes a metadata store that of an object store, or finds that it is one's.

    Args:
        store: the metadata store.
        where: the address of the object store, for people.

    Returns:
        The name that stands in both, and the address of the object store that was the first.

    Raises:
        BadSetting: it knows of files in a folder.
    """
    if found := _owner(store):
        return found
    if store.get_artifacts() and not _owner(store):  # asked again: another pod may have been first
        raise BadSetting(
            "the metadata store knows of runs with a volume, whose files are not in the object "
            f"store {where}; give runs with it a --metadata-store of their own"
        )
    type_id = store.put_context_type(proto.ContextType(name=_TYPE))
    context = proto.Context(type_id=type_id, name=_NAME)
    context.custom_properties[_ID].string_value = uuid.uuid4().hex
    context.custom_properties[_WHERE].string_value = where
    try:
        store.put_contexts([context])
    except errors.AlreadyExistsError:
        pass  # by another pod, at the same time
    found = _owner(store)
    assert found is not None
    return found


def refuse(store: mlmd.MetadataStore, address: str) -> None:
    """Refuses a metadata store that speaks of an object store to a run with a folder.

    Args:
        store: the metadata store.
        address: its own, for people.

    Raises:
        BadSetting: it does.
    """
    if found := _owner(store):
        raise BadSetting(
            f"the metadata store at {address} is that of runs with the object store {found[1]}; "
            "give runs with a folder or a volume a --metadata-store of their own"
        )


def _owner(store: mlmd.MetadataStore) -> tuple[str, str] | None:
    try:
        context = store.get_context_by_type_and_name(_TYPE, _NAME)
    except errors.NotFoundError:
        return None
    if context is None:
        return None
    found = context.custom_properties
    return found[_ID].string_value, found[_WHERE].string_value
