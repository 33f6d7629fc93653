"""Files in an object store: listed, read and written whole. All that knows of pyarrow.

pyarrow comes with TFX, and brings the clients of S3 and Google Cloud Storage in its own C++.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from kubeflow.store.address import Address
from kubeflow.store.traffic import Traffic
from kubeflow.store.trouble import NotThere, told

_CHUNK = 8 * 1024 * 1024  # bytes
_TRIES = 8  # of a request to S3, each longer after the last: about a minute in all
_PATIENCE = datetime.timedelta(minutes=1)  # with Google's
_LANES = 8  # files on their way at the same time: most are small, and each costs a round trip


class Found(NamedTuple):
    """A file in the store: its size in bytes, and when it was written, in seconds since 1970."""

    size: int
    written: float


class Files:
    """The files below the prefix of a store. Keys are relative to it, with slashes.

    Args:
        address: of the store.
        endpoint: the URL of its server; empty for the provider's own.

    Raises:
        StoreTrouble: here and in every method, when the store does not do as it is asked.
    """

    def __init__(self, address: Address, endpoint: str = "") -> None:
        self.address, self.endpoint = address, endpoint
        self.traffic = Traffic()
        with self._told():
            self._system: Any = _open(address, endpoint)

    def listing(self, folder: str, deep: bool = True) -> dict[str, Found]:
        """The files in a folder, or below it at any depth; none where there is no such folder.

        A thousand files of one folder take a request, and so does each folder.
        """
        from pyarrow import fs

        with self.traffic.waiting(), self._told():
            selector = fs.FileSelector(self._path(folder), recursive=deep, allow_not_found=True)
            found = self._system.get_file_info(selector)
        beginning = len(self.address.path) + 1
        return {
            one.path[beginning:]: Found(one.size, one.mtime_ns / 1e9 if one.mtime_ns else 0.0)
            for one in found
            if one.type == fs.FileType.File and not _is_part(one.base_name)
        }

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder."""
        from pyarrow import fs

        with self.traffic.waiting(), self._told():
            selector = fs.FileSelector(self._path(folder), allow_not_found=True)
            found = self._system.get_file_info(selector)
        return sorted(one.base_name for one in found if one.type == fs.FileType.Directory)

    def check(self) -> None:
        """Finds out whether the store is there and lets itself be read."""
        from pyarrow import fs

        if self.address.kind == "folder":
            return  # it is made when the first file comes
        with self._told():
            # A bucket that is not there has an empty list as well, but is itself not found.
            if self._system.get_file_info(self.address.bucket).type == fs.FileType.NotFound:
                raise FileNotFoundError("NO_SUCH_BUCKET")

    def read(self, key: str) -> bytes | None:
        """What a file holds; None when there is no such file."""
        with self.traffic.waiting(), self._told(key):
            try:
                with self._reads(key) as file:
                    return bytes(file.read())
            except FileNotFoundError:
                return None

    def down(self, pairs: Iterable[tuple[str, Path]]) -> None:
        """Copies files from the store; each takes its name when it is whole.

        Raises:
            NotThere: one is not in the store.
        """
        self._each(self._down, pairs)

    def up(self, pairs: Iterable[tuple[Path, str]]) -> None:
        """Copies files to the store, in any order; each is there when it is whole."""
        self._each(self._up, pairs)

    def write(self, key: str, content: bytes) -> None:
        """Writes a small file."""
        with self.traffic.waiting(), self._told(key):
            if self.address.kind == "folder":
                part = self._part(key)
                part.write_bytes(content)
                os.replace(part, self._path(key))
            else:
                with self._writes(key) as file:
                    file.write(content)

    def delete(self, keys: Iterable[str]) -> None:
        """Deletes files; one that is not there is no fault."""
        for key in sorted(keys):
            with self.traffic.waiting(), self._told(key):
                try:
                    self._system.delete_file(self._path(key))
                except FileNotFoundError:
                    continue

    def _down(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        with self._told(key):
            try:
                source = self._reads(key)
            except FileNotFoundError:
                raise NotThere(f"{key} is missing") from None
            with source, open(part, "wb") as to:
                shutil.copyfileobj(source, to, _CHUNK)
        self.traffic.came(part.stat().st_size)
        os.replace(part, path)

    def _up(self, path: Path, key: str) -> None:
        with open(path, "rb") as source, self._told(key):
            self.traffic.went(os.fstat(source.fileno()).st_size)
            if self.address.kind == "folder":
                part = self._part(key)
                with open(part, "wb") as local:
                    shutil.copyfileobj(source, local, _CHUNK)
                os.replace(part, self._path(key))
                return
            # The store shows an object when its stream is closed, and not before.
            with self._writes(key) as file:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)

    def _told(self, key: str = "") -> contextlib.AbstractContextManager[None]:
        return told(self.address, self.endpoint, key)

    def _reads(self, key: str) -> Any:
        # Otherwise what ends with .gz would come unpacked.
        return self._system.open_input_stream(self._path(key), compression=None)

    def _writes(self, key: str) -> Any:
        return self._system.open_output_stream(self._path(key), compression=None)

    def _each(self, copy: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
        with self.traffic.waiting(), ThreadPoolExecutor(_LANES) as lanes:
            for done in [lanes.submit(copy, *pair) for pair in pairs]:
                done.result()

    def _part(self, key: str) -> Path:
        path = Path(self._path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f".{path.name}.{os.getpid()}.part")

    def _path(self, key: str) -> str:
        return f"{self.address.path}/{key}" if key else self.address.path


def _is_part(name: str) -> bool:
    """Whether a file is one that was being written into a folder when its writer was killed."""
    return name.startswith(".") and name.endswith(".part")


def _open(address: Address, endpoint: str) -> Any:
    from pyarrow import fs

    if address.kind == "folder":
        return fs.LocalFileSystem()
    scheme, _, server = endpoint.partition("://")
    given = {"scheme": scheme, "endpoint_override": server} if endpoint else {}
    if address.kind == "gs":
        return fs.GcsFileSystem(retry_time_limit=_PATIENCE, **given)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region and not endpoint:
        region = fs.resolve_s3_region(address.bucket)
    return fs.S3FileSystem(
        region=region or "us-east-1",
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_TRIES),
        **given,
    )
