"""A metadata server: ml-metadata's own store behind its own gRPC service.

    python3 -m kubeflow.metadata.server --port 8080 --database /var/lib/triptych/metadata.sqlite
    python3 -m kubeflow.metadata.server --check localhost:8080

There is no login: whoever reaches the port may read and write. In a cluster, the NetworkPolicy of
metadata-server.yaml says who does.
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
from ml_metadata.proto import metadata_store_service_pb2

from kubeflow.metadata.locked_store import CannotOpen, LockedStore
from modules.contract.values import BadValue
from pipeline.exit_codes import ExitCode
from pipeline.metadata.address import FORMS, Address, parse
from pipeline.settings import BadSetting

SERVICE = metadata_store_service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"]
HEALTH = "grpc.health.v1.Health"  # what a probe of Kubernetes asks

_THREADS = 16  # that wait for their turn at the store
_GRACE = 20.0  # seconds for the calls in progress, when the server is told to stop
_PROBE = 5.0
# A status travels in a header, percent-encoded, and clients take 8 KiB of those; the store's
# messages quote whole artifacts.
_LONGEST = 2000
_SERVING = b"\x08\x01"  # a HealthCheckResponse
_CODES = {code.value[0]: code for code in grpc.StatusCode}

_Method = Callable[[bytes, grpc.ServicerContext], bytes]


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="kubeflow.metadata.server",
        description=(__doc__ or "").partition("\n")[0],
        epilog="Ends with 0: stopped by a signal, 2: bad usage, or the port or the database cannot "
        "be used. With --check: 0 when a metadata store answers, else 1.",
    )
    add = parser.add_argument
    add("--port", type=_port, default=8080, help="0 takes a free one (default: 8080)")
    add("--host", default="[::]", help="the address to listen on (default: all of this machine's)")
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
        sys.stderr.write(f"metadata_server: {error}\n")
        return ExitCode.BAD_INPUT
    return ExitCode.PUSHED


@contextlib.contextmanager
def serving(database: Address, host: str, port: int) -> Iterator[int]:
    """Serves a database, alone, for as long as the context lasts.

    Args:
        database: a file, which is made when it is missing, or a database of MySQL.
        host: the address to listen on.
        port: 0 takes a free one.

    Yields:
        The port.

    Raises:
        BadSetting: the address is a server's, or a user or password is missing.
        CannotOpen: the port or the database cannot be used.
    """
    if database.kind == "grpc":
        raise BadSetting(f"--database is {FORMS.replace(', grpc://HOST:PORT', '')}, not {database}")
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
        methods = {method.name: _method(store, method.name) for method in SERVICE.methods}
        _add(server, SERVICE.full_name, methods)
        _add(server, HEALTH, {"Check": _health(store)})
        server.start()
        try:
            yield port
        finally:
            server.stop(_GRACE).wait()


def check(server: str) -> int:
    """Asks a server for nothing, and says on standard error when it does not answer.

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


def _add(server: grpc.Server, service: str, methods: dict[str, _Method]) -> None:
    # With no serializers, a handler gets and gives bytes: the store reads and writes the messages.
    handlers = {name: grpc.unary_unary_rpc_method_handler(m) for name, m in methods.items()}
    generic = grpc.method_handlers_generic_handler(service, handlers)
    server.add_generic_rpc_handlers((generic,))


def _method(store: LockedStore, name: str) -> _Method:
    def serve(request: bytes, context: grpc.ServicerContext) -> bytes:
        response, message, code = store.call(name, request)
        if code:  # abort raises
            context.abort(_CODES.get(code, grpc.StatusCode.UNKNOWN), _shortened(message))
        return response

    return serve


def _health(store: LockedStore) -> _Method:
    # Asked for no service, it says that the process lives; for ours, that the store answers.
    ours = b"\x0a" + bytes([len(SERVICE.full_name)]) + SERVICE.full_name.encode()

    def health(request: bytes, context: grpc.ServicerContext) -> bytes:
        if request == ours:
            _, message, code = store.call("GetArtifactsByID", b"")
            if code:
                context.abort(grpc.StatusCode.UNAVAILABLE, _shortened(message))
        elif request:
            context.abort(grpc.StatusCode.NOT_FOUND, f"the only service is {SERVICE.full_name}")
        return _SERVING

    return health


def _shortened(message: str) -> str:
    return message.encode()[:_LONGEST].decode(errors="ignore")


@contextlib.contextmanager
def _only_server_of(database: Address) -> Iterator[None]:
    if database.kind == "mysql":  # has its own way with several clients
        yield
        return
    path = Path(database.path).resolve()
    if path.is_dir():
        raise CannotOpen(f"{path} is a folder; name a file in it, which is made when it is missing")
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
