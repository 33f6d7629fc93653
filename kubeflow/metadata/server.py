"""A metadata server: the store of the ml-metadata package behind ml-metadata's gRPC service.

    python3 -m kubeflow.metadata.server --port 8080 --database /var/lib/triptych/metadata.sqlite
    python3 -m kubeflow.metadata.server --check localhost:8080

There is no login: whoever reaches the port may read and write. In a cluster, the NetworkPolicy in
kubeflow/deploy/metadata-server.yaml limits who does.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import IO

import grpc
from grpc_health.v1 import health_pb2_grpc
from ml_metadata.proto import metadata_store_service_pb2

from kubeflow.metadata.health import Health
from kubeflow.metadata.locked_store import CannotOpen, LockedStore
from modules.contract.values import BadValue
from pipeline.exit_codes import ExitCode
from pipeline.metadata.address import FORMS, Address, parse
from pipeline.settings import BadSetting

SERVICE = metadata_store_service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"]

_THREADS = 16  # that wait for their turn at the store
_GRACE = 20.0  # seconds for the calls in progress, when the server is told to stop
_PROBE = 5.0
# A status travels in a header, percent-encoded, and clients take 8 KiB of those; the store's
# messages quote whole artifacts.
_LONGEST = 2000
_CODES = {code.value[0]: code for code in grpc.StatusCode}

_Method = Callable[[bytes, grpc.ServicerContext], bytes]


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="kubeflow.metadata.server",
        description="A metadata server: the store of the ml-metadata package behind ml-metadata's "
        "gRPC service.",
        epilog="Exit codes: 0 stopped by a signal; 2 bad usage, or a port or database that "
        "cannot be used. With --check: 0 if a metadata store answers, else 1.",
    )
    add = parser.add_argument
    add("--port", type=_port, default=8080, help="0 chooses a free one (default: 8080)")
    add("--host", default="[::]", help="the address to listen on (default: all of this machine)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--database", metavar="ADDRESS", help="a file, or mysql://HOST:PORT/DATABASE")
    what.add_argument("--check", metavar="HOST:PORT", help="ask whether a metadata store answers")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Serves until a signal comes, and returns the exit code."""
    options = parse_options(arguments)
    if options.check:
        return check(options.check)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        database = parse(options.database)
        with serving(database, options.host, options.port) as port:
            sys.stdout.write(f"serving {database} on port {port}\n")
            sys.stdout.flush()
            stopped.wait()
    except (BadValue, CannotOpen) as error:
        sys.stderr.write(f"kubeflow.metadata.server: {error}\n")
        return ExitCode.BAD_INPUT
    return ExitCode.PUSHED


@contextlib.contextmanager
def serving(database: Address, host: str, port: int) -> Iterator[int]:
    """Serves a database, alone, for as long as the context lasts.

    Args:
        database: a file, which is created if it is missing, or a MySQL database.
        host: the address to listen on.
        port: 0 chooses a free one.

    Yields:
        The port.

    Raises:
        BadSetting: the address is that of a server, or a user or password is missing.
        CannotOpen: the port or the database cannot be used.
    """
    if database.kind == "grpc":
        forms = FORMS.replace(", grpc://HOST:PORT", "")
        raise BadSetting(f"--database takes {forms}, not {database}")
    _check_port(host, port)
    server = grpc.server(
        futures.ThreadPoolExecutor(_THREADS),
        # Without the last, two servers may listen on one port, and each gets half of the calls.
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
    )
    try:
        port = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise CannotOpen(f"cannot listen on {host}:{port}: {error}") from None
    with _only_server_of(database):
        store = LockedStore(database)
        _add(server, {method.name: _method(store, method.name) for method in SERVICE.methods})
        health = Health(SERVICE.full_name, lambda: _silence(store))
        health_pb2_grpc.add_HealthServicer_to_server(health, server)
        server.start()
        try:
            yield port
        finally:
            server.stop(_GRACE).wait()


def check(server: str) -> int:
    """Sends a server an empty request, and says on standard error if it does not answer.

    Args:
        server: HOST:PORT.

    Returns:
        PUSHED or FAILED.
    """
    with grpc.insecure_channel(server, [("grpc.enable_http_proxy", 0)]) as channel:
        try:
            channel.unary_unary(f"/{SERVICE.full_name}/GetArtifactsByID")(b"", timeout=_PROBE)
        except grpc.RpcError as error:
            reason = error.details() or error.code().name
            sys.stderr.write(f"no metadata store answers at {server}: {reason}\n")
            return ExitCode.FAILED
    return ExitCode.PUSHED


def _add(server: grpc.Server, methods: dict[str, _Method]) -> None:
    # With no serializers, a handler gets and gives bytes: the store reads and writes the messages.
    handlers = {name: grpc.unary_unary_rpc_method_handler(m) for name, m in methods.items()}
    generic = grpc.method_handlers_generic_handler(SERVICE.full_name, handlers)
    server.add_generic_rpc_handlers((generic,))


def _method(store: LockedStore, name: str) -> _Method:
    def serve(request: bytes, context: grpc.ServicerContext) -> bytes:
        response, message, code = store.call(name, request)
        if code:  # abort raises
            context.abort(_CODES.get(code, grpc.StatusCode.UNKNOWN), _shortened(message))
        return response

    return serve


def _silence(store: LockedStore) -> str:
    """Says why the store does not answer; empty when it does."""
    _, message, code = store.call("GetArtifactsByID", b"")
    return (_shortened(message) or "the store does not answer") if code else ""


def _shortened(message: str) -> str:
    return message.encode()[:_LONGEST].decode(errors="ignore")


@contextlib.contextmanager
def _only_server_of(database: Address) -> Iterator[None]:
    if database.kind == "mysql":  # has its own way with several clients
        yield
        return
    path = Path(database.path).resolve()
    if path.is_dir():
        raise CannotOpen(f"{path} is a folder; name a file in it, which need not exist")
    lock = Path(f"{path}.lock")
    try:
        file: IO[str] = open(lock, "a")
    except OSError as error:
        raise CannotOpen(f"cannot write to {lock.parent}: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotOpen(f"another metadata server is using {path}") from None
        except OSError as error:
            raise CannotOpen(f"{lock} cannot be locked: {error.strerror}") from None
        yield


def _check_port(host: str, port: int) -> None:
    # gRPC would say no more than that it cannot, and that in several lines.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host.strip("[]"), port))
    except OSError as error:
        if error.errno != errno.EAFNOSUPPORT:  # gRPC takes IPv4 for [::] where there is no IPv6
            raise CannotOpen(f"cannot listen on {host}:{port}: {error.strerror}") from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number up to 65535, not '{text}'")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
