"""The address of a metadata store, as one line of text; checked without heavy imports."""

from __future__ import annotations

import dataclasses
import re

from modules.contract.paths import BadPath, absolute, local_path
from modules.contract.values import BadValue

FORMS = "a file, grpc://HOST:PORT or mysql://HOST:PORT/DATABASE"
USER, PASSWORD = "TRIPTYCH_MYSQL_USER", "TRIPTYCH_MYSQL_PASSWORD"

_SERVER = re.compile(
    r"(?P<host>[A-Za-z0-9]([\w.-]*\w)?|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})"
    r"(/(?P<database>[\w$-]+))?",
    re.ASCII,
)


class BadAddress(BadValue):
    """Text that is not the address of a metadata store; the message names the forms that are."""


@dataclasses.dataclass(frozen=True)
class Address:
    """The address of a metadata store.

    Attributes:
        kind: file | grpc | mysql.
        path: of the file, absolute; else empty.
        host: of the server; an IPv6 address without its brackets.
        port: of the server; else 0.
        database: of a MySQL server; else empty.
    """

    kind: str
    path: str = ""
    host: str = ""
    port: int = 0
    database: str = ""

    @property
    def server(self) -> str:
        """HOST:PORT, with the brackets of an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        if self.kind == "file":
            return self.path
        return f"{self.kind}://{self.server}" + (f"/{self.database}" if self.database else "")


def parse(text: str) -> Address:
    """Reads an address.

    Args:
        text: one of FORMS. Users and passwords have no place in it: it ends up in compiled files,
            summaries and logs.

    Raises:
        BadAddress: it is anything else.
    """
    kind, separator, rest = text.partition("://")
    if not separator or kind.lower() == "file":
        if not text.strip() or _SERVER.fullmatch(text):
            raise BadAddress(_unreadable(text))
        try:
            return Address("file", path=str(absolute(local_path(text))))
        except BadPath as error:
            raise BadAddress(f"the metadata store {error}") from None
    if "@" in rest:
        raise BadAddress(
            f"leave the user out of the {kind}:// address of the metadata store; for MySQL, set "
            f"{USER} and {PASSWORD} in the environment"
        )
    found = _SERVER.fullmatch(rest)
    if not found or kind not in ("grpc", "mysql"):
        raise BadAddress(_unreadable(text))
    host, port, database = found["host"].strip("[]"), int(found["port"]), found["database"] or ""
    if not 0 < port < 65536 or bool(database) != (kind == "mysql"):
        raise BadAddress(_unreadable(text))
    return Address(kind, host=host, port=port, database=database)


def _unreadable(text: str) -> str:
    return f"'{text}' is not a metadata store address; use {FORMS}"
