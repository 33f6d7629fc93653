"""What an object store refused, in a sentence that says what to do."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from kubeflow.store.address import Address
from pipeline.disk import FAILURES


class StoreTrouble(RuntimeError):
    """The object store does not do as it is asked; the message says which, why, and what to do."""


class NotThere(StoreTrouble):
    """A file is not in the store; the message is its key and that."""


_KEYS = (
    "its keys are not accepted; check the Secret of --store-secret (or the service account that "
    "stands in for one)"
)
_REASONS = (
    (
        r"NO_SUCH_BUCKET|NoSuchBucket|bucket does not exist|Bucket .* not found",
        "there is no bucket '{bucket}'; make it, or compile with another --store",
    ),
    (
        r"INVALID_ACCESS_KEY_ID|SIGNATURE_DOES_NOT_MATCH|InvalidAccessKeyId|SignatureDoesNotMatch"
        r"|INVALID_CLIENT_TOKEN_ID|UNRECOGNIZED_CLIENT",
        _KEYS,
    ),
    (
        r"ACCESS_DENIED|AccessDenied|HTTP status 403|HTTP status 401|PERMISSION_DENIED"
        r"|UNAUTHENTICATED|UNAUTHORIZED|Anonymous caller",
        "access is denied; the keys of --store-secret are missing or wrong, or may not read, write "
        "and list '{bucket}'",
    ),
    (
        r"OAuth2 access token|Default Credentials",
        "no keys for it were found; give --store-secret, or pods a service account that may use it",
    ),
    (
        r"NETWORK_CONNECTION|Couldn't (connect|resolve)|Could not resolve|curlCode|timed? ?out"
        r"|Connection refused|UNAVAILABLE",
        "its server does not answer; check --store-endpoint, and that pods may reach it",
    ),
    (
        r"PERMANENT_REDIRECT|HTTP status 301|AUTHORIZATION_HEADER_MALFORMED",
        "the bucket is in another region; set AWS_REGION to it by --secret, or leave it out",
    ),
)


@contextlib.contextmanager
def told(address: Address, endpoint: str = "", key: str = "") -> Iterator[None]:
    """Turns what a client of an object store raises into a sentence.

    Raises:
        StoreTrouble: instead of any OSError, but for those of a disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FAILURES or (address.kind == "folder" and error.errno):
            raise  # which is told elsewhere
        raise StoreTrouble(sentence(address, endpoint, str(error), key)) from error


def sentence(address: Address, endpoint: str, said: str, key: str = "") -> str:
    """Says what a store refused.

    Args:
        address: of the store.
        endpoint: the URL of its server, or empty.
        said: by its client.
        key: of the file, where it was about one.
    """
    where = f"{address}{f'/{key}' if key else ''}{f' at {endpoint}' if endpoint else ''}"
    for pattern, reason in _REASONS:
        if re.search(pattern, said, re.IGNORECASE | re.DOTALL):
            return f"the object store {where}: {reason.format(bucket=address.bucket)}"
    line = " ".join(said.split())[:300]
    return f"the object store {where} failed: {line}; the same task can be tried again"
