"""Starting the metadata server as a cluster does: a process of its own, which may be killed."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


class MetadataServer:
    """A metadata server on this machine.

    Attributes:
        port: which it listens on, also after `start` was called again.
        process: the latest.
    """

    def __init__(self, database: str) -> None:
        self.port = 0
        self._database = database

    @property
    def address(self) -> str:
        return f"grpc://localhost:{self.port}"

    def start(self) -> None:
        """Starts it, and waits until it is ready."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "kubeflow.metadata.server", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--database", self._database),
            ],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        assert ready.startswith("serving "), self.process.communicate()[1]
        self.port = int(ready.split()[-1])

    def kill(self) -> None:
        """Ends it as a cluster ends a process that has no time left."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> tuple[int, str]:
        """Ends it as a cluster ends a pod; returns its exit code and what it complained of."""
        self.process.terminate()
        _, complaints = self.process.communicate(timeout=30)
        return self.process.returncode, complaints


@contextlib.contextmanager
def metadata_server(database: str | Path) -> Iterator[MetadataServer]:
    """Runs a server for as long as the context lasts."""
    server = MetadataServer(str(database))
    server.start()
    try:
        yield server
    finally:
        server.kill()
