"""The store of the ml-metadata package, as a server needs it: bytes in, bytes out."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as library
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

from pipeline.metadata.address import Address
from pipeline.metadata.database import explain, full_config, silence

_log = logging.getLogger(__name__)

# The library lacks some calls of its own service.
SERVED = frozenset(
    method.name
    for service in metadata_store_service_pb2.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if hasattr(library, method.name)
)

_UNIMPLEMENTED, _INTERNAL, _UNAVAILABLE = 12, 13, 14  # of gRPC, which are the library's too
_STALE = 30.0  # seconds after which a MySQL server may have been restarted unnoticed


class CannotOpen(Exception):
    """A port or a database that cannot be used; the message says why."""


class LockedStore:
    """One store for many threads, which take turns.

    The library's store is not made for several threads at once. Today its calls hold Python's
    global lock as well, so taking turns costs nothing.
    """

    def __init__(self, database: Address) -> None:
        """Opens the database, and creates its tables if it is new.

        Args:
            database: a file, or a database of MySQL.

        Raises:
            CannotOpen: with the reason, such as tables of another version of ml-metadata.
            BadSetting: the user or the password of MySQL is missing.
        """
        self._database = database
        self._lock = threading.Lock()
        self._store: Any = _open(database)
        self._used = time.monotonic()

    def call(self, method: str, request: bytes) -> tuple[bytes, str, int]:
        """Passes one call on to the store.

        Args:
            method: such as `PutArtifacts`.
            request: its request message, serialized.

        Returns:
            The response message, serialized; the error's message; its gRPC status code, or 0.
        """
        if method not in SERVED:
            return b"", f"ml-metadata's store does not offer {method}", _UNIMPLEMENTED
        with self._lock:
            try:
                answer = self._once(method, request)
                if answer[2] == _INTERNAL and method.startswith("Get"):
                    answer = self._once(method, request)
            except CannotOpen as error:
                return b"", str(error), _UNAVAILABLE
        if answer[2] == _INTERNAL:
            _log.warning("%s: %s", method, answer[1])
        return answer

    def _once(self, method: str, request: bytes) -> tuple[bytes, str, int]:
        # A connection to MySQL that was lost shows in the first call after that, and the library
        # only then makes a new one.
        stale = self._database.kind == "mysql" and time.monotonic() - self._used > _STALE
        if self._store is None or stale:
            self._store = None
            self._store = _open(self._database)
        response, message, code = getattr(library, method)(self._store, request)
        self._used = time.monotonic()
        if code == _INTERNAL:
            self._store = None
        return response, message.decode(errors="replace"), code


def _open(database: Address) -> Any:
    config = full_config(database)
    if reason := silence(database):
        raise CannotOpen(f"{database} does not answer: {reason}")
    options = metadata_store_pb2.MigrationOptions(enable_upgrade_migration=False)
    try:
        return library.CreateMetadataStore(config.SerializeToString(), options.SerializeToString())
    except RuntimeError as error:
        raise CannotOpen(f"cannot open {database}: {explain(str(error))}") from None
