"""The connection to the metadata store: a file, a server of our own, or a MySQL database.

TFX and ml-metadata can talk to all three, but they give up at the first call that finds no server,
and a server in a cluster is moved and restarted while pipelines run.
"""

from __future__ import annotations

import json
import logging
import random
import time
import types
from collections.abc import Callable

import grpc
import ml_metadata as mlmd
from ml_metadata import errors
from ml_metadata.proto import metadata_store_service_pb2
from ml_metadata.proto.metadata_store_pb2 import MetadataStoreClientConfig
from tfx.orchestration import metadata

from pipeline.metadata.address import Address, parse
from pipeline.metadata.database import explain, full_config, public_config, silence

_log = logging.getLogger(__name__)
_SERVICE = metadata_store_service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"]

OPENING = 60.0  # seconds that a handle waits for a server when it is opened
CALL = 300.0  # seconds that one call waits, through a restart of the server
_PROBE = 5.0
_SILENT = (errors.UnavailableError, errors.DeadlineExceededError, errors.CancelledError)
_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),  # a proxy is for what is outside of the cluster
]
_TRIES = 10  # to open a database that others may be creating at the same time


class StoreError(RuntimeError):
    """The metadata store does not answer or cannot be opened; the message says which and why."""


def connection(address: str) -> metadata.ConnectionConfigType:
    """Gives the connection config of a metadata store; connects to nothing.

    Args:
        address: a file, `grpc://HOST:PORT` or `mysql://HOST:PORT/DATABASE`.

    Returns:
        A config for a pipeline. That of a MySQL database has no user and no password, so that they
        get into nothing that is compiled; a Handle adds them.

    Raises:
        BadAddress: for any other text.
    """
    found = parse(address)
    if found.kind == "file":
        return metadata.sqlite_metadata_connection_config(found.path)
    if found.kind == "mysql":
        return public_config(found)
    return MetadataStoreClientConfig(
        host=found.server.rpartition(":")[0], port=found.port, client_timeout_sec=CALL
    )


class Handle(metadata.Metadata):
    """TFX's handle on a store, which waits for a server that is being restarted.

    Enter it before use; it may be entered again while it is, and connects once.
    """

    def __init__(self, config: metadata.ConnectionConfigType) -> None:
        super().__init__(config)
        self._config = config
        self._opened: mlmd.MetadataStore | None = None
        self._entered = 0

    @property
    def store(self) -> mlmd.MetadataStore:
        """The store itself.

        Raises:
            RuntimeError: the handle has not been entered.
        """
        if self._opened is None:
            raise RuntimeError("the metadata store is used before its handle is entered")
        return self._opened

    def __enter__(self) -> Handle:
        """Connects.

        Raises:
            StoreError: no server answers within OPENING seconds, or the store cannot be opened.
            BadSetting: the user or the password of a MySQL database is missing.
        """
        if self._opened is None:
            self._opened = _open(self._config)
        self._entered += 1
        return self

    def __exit__(
        self,
        exc_type: type[Exception] | None = None,
        exc_value: Exception | None = None,
        exc_tb: types.TracebackType | None = None,
    ) -> None:
        self._entered -= 1
        if self._entered == 0:
            if isinstance(self._opened, _PatientStore):
                self._opened.close()
            self._opened = None


class _PatientStore(mlmd.MetadataStore):
    """A client whose calls wait until the server is there, and are repeated where that is safe."""

    def _get_channel(self, config: MetadataStoreClientConfig) -> grpc.Channel:
        self._address = _address(config)
        options = [
            *_OPTIONS,
            ("grpc.service_config", json.dumps(_patience())),
            ("grpc.max_reconnect_backoff_ms", 2000),
        ]
        self._channel = grpc.insecure_channel(self._address.server, options=options)
        return self._channel

    def _call(
        self, method_name: str, request: object, response: object, extra_options: object = None
    ) -> None:
        try:
            super()._call(method_name, request, response, extra_options)
        except _SILENT as error:
            raise StoreError(_complaint(self._address, error.message)) from error

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()


def _patience() -> dict[str, object]:
    """What gRPC itself shall wait for and repeat, in the form of its service config."""
    # A call that has not left yet waits. One that was lost on its way may have been carried out:
    # what only reads, or names what it writes, is asked again; a second Put could write twice.
    safe = [
        {"service": _SERVICE.full_name, "method": method.name}
        for method in _SERVICE.methods
        if method.name.startswith("Get") or "Type" in method.name
    ]
    again = {
        "maxAttempts": 5,
        "initialBackoff": "0.5s",
        "maxBackoff": "5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],  # the latter by a server that stops
    }
    return {
        "methodConfig": [
            {"name": safe, "waitForReady": True, "retryPolicy": again},
            {"name": [{"service": _SERVICE.full_name}], "waitForReady": True},
        ]
    }


def _open(config: metadata.ConnectionConfigType) -> mlmd.MetadataStore:
    address = _address(config)
    if address.kind == "grpc":
        _wait(address, _grpc_silence)
        return _PatientStore(config)
    config = full_config(address)
    _wait(address, silence)
    reason = ""
    for _ in range(_TRIES):
        try:
            return mlmd.MetadataStore(config)
        except RuntimeError as error:
            reason = explain(str(error))
            time.sleep(random.random())
    raise StoreError(f"the metadata store {address} cannot be opened: {reason}")


def _grpc_silence(server: Address) -> str:
    """Says why no metadata store answers there; empty when one does."""
    with grpc.insecure_channel(server.server, options=_OPTIONS) as channel:
        try:
            # Of what every such server can do, the least: artifacts by their ids, and no id.
            channel.unary_unary(f"/{_SERVICE.full_name}/GetArtifactsByID")(b"", timeout=_PROBE)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                raise StoreError(f"the server at {server} is not a metadata store") from None
            return error.details() or error.code().name
    return ""


def _address(config: metadata.ConnectionConfigType) -> Address:
    if isinstance(config, MetadataStoreClientConfig):
        return Address("grpc", host=config.host.strip("[]"), port=config.port)
    if config.HasField("mysql"):
        mysql = config.mysql
        return Address("mysql", host=mysql.host, port=mysql.port, database=mysql.database)
    return Address("file", path=config.sqlite.filename_uri)


def _wait(address: Address, why_silent: Callable[[Address], str]) -> None:
    deadline = time.monotonic() + OPENING
    told = False
    while reason := why_silent(address):
        if time.monotonic() > deadline:
            raise StoreError(_complaint(address, reason))
        if not told:
            _log.warning("waiting for the metadata store at %s: %s", address, reason)
            told = True
        time.sleep(min(1.0, OPENING / 10))


def _complaint(address: Address, reason: str) -> str:
    return f"the metadata store at {address} does not answer: {reason.rstrip('. ')}"
