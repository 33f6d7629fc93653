"""The address of an object store, as one line of text; checked without heavy imports."""

from __future__ import annotations

import dataclasses
import re
from pathlib import PurePosixPath

from modules.contract.paths import BadPath, absolute, local_path
from modules.contract.values import BadValue

FORMS = "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, minio://BUCKET/PREFIX or a folder"
MINIO = "http://minio-service.kubeflow:9000"  # where Kubeflow Pipelines has its own

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\w.=+-]+(/[\w.=+-]+)*", re.ASCII)
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9]([\w.-]*\w)?(:\d{1,5})?/?", re.ASCII)


class BadStore(BadValue):
    """Text that is not the address of an object store; the message names the forms that are."""


@dataclasses.dataclass(frozen=True)
class Address:
    """The address of an object store.

    Attributes:
        kind: s3 | gs | folder; minio speaks as s3 does.
        path: the bucket and, after a slash, the prefix; of a folder, its absolute path.
        text: as it was given, without a slash at its end.
    """

    kind: str
    path: str
    text: str

    @property
    def bucket(self) -> str:
        return self.path.partition("/")[0]

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Address:
    """Reads an address.

    Args:
        text: one of FORMS. Keys and passwords have no place in it: it ends up in compiled files,
            summaries and logs.

    Raises:
        BadStore: it is anything else.
    """
    scheme, separator, rest = text.partition("://")
    plain, rest = text.rstrip("/"), rest.rstrip("/")
    if not separator or scheme == "file":
        try:
            return Address("folder", str(absolute(local_path(plain or text))), plain)
        except BadPath as error:
            raise BadStore(f"the object store {error}") from None
    if "@" in rest or "?" in rest:
        raise BadStore(
            f"leave keys and options out of the {scheme}:// address of the object store; keys come "
            "from a Secret (--store-secret), an endpoint from --store-endpoint"
        )
    bucket, _, prefix = rest.partition("/")
    sound = _BUCKET.fullmatch(bucket) and (not prefix or _PREFIX.fullmatch(prefix))
    if scheme not in ("s3", "gs", "minio") or not sound or ".." in PurePosixPath(prefix).parts:
        raise BadStore(f"'{text}' is not the address of an object store; use {FORMS}")
    return Address("gs" if scheme == "gs" else "s3", rest, plain)


def endpoint_of(address: Address, endpoint: str) -> str:
    """The URL of the server that an address is on; empty for the provider's own.

    Args:
        address: of the store.
        endpoint: that was given; it may be empty.

    Raises:
        BadStore: it is no URL of a server, or the store has no server.
    """
    if endpoint and not _ENDPOINT.fullmatch(endpoint):
        raise BadStore(f"'{endpoint}' is not an endpoint; use http://HOST:PORT or https://HOST")
    if endpoint and address.kind == "folder":
        raise BadStore("an object store that is a folder has no endpoint")
    return endpoint.rstrip("/") or (MINIO if address.text.startswith("minio://") else "")
