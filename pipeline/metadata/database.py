"""What it takes to open a metadata store that is a database, without a server in between."""

from __future__ import annotations

import os
import re
import socket

from ml_metadata.proto.metadata_store_pb2 import (
    ConnectionConfig,
    MySQLDatabaseConfig,
    SqliteMetadataSourceConfig,
)

from pipeline.metadata.address import PASSWORD, USER, Address
from pipeline.settings import BadSetting

_PROBE = 5.0  # seconds
_VERSIONS = re.compile(r"database version (\d+) is \w+ than library version (\d+)")


def public_config(address: Address) -> ConnectionConfig:
    """Gives ml-metadata's config of a database, without a user and a password.

    Args:
        address: of a file or a MySQL database.
    """
    if address.kind == "mysql":
        mysql = MySQLDatabaseConfig(host=address.host, port=address.port, database=address.database)
        return ConnectionConfig(mysql=mysql)
    sqlite = SqliteMetadataSourceConfig(
        filename_uri=address.path,
        connection_mode=SqliteMetadataSourceConfig.READWRITE_OPENCREATE,
    )
    return ConnectionConfig(sqlite=sqlite)


def full_config(address: Address) -> ConnectionConfig:
    """Gives the same config, with the user and the password that the environment has for MySQL.

    Raises:
        BadSetting: one of the two is missing.
    """
    config = public_config(address)
    if address.kind == "mysql":
        missing = [name for name in (USER, PASSWORD) if not os.environ.get(name)]
        if missing:
            raise BadSetting(
                f"a metadata store in MySQL needs {' and '.join(missing)} in the environment"
            )
        config.mysql.user, config.mysql.password = os.environ[USER], os.environ[PASSWORD]
    return config


def silence(address: Address) -> str:
    """Says why no MySQL server takes a connection; empty when one does, and for a file."""
    if address.kind == "mysql":
        try:
            socket.create_connection((address.host, address.port), timeout=_PROBE).close()
        except OSError as error:
            return error.strerror or str(error)
    return ""


def explain(message: str) -> str:
    """Says in less than a sentence why ml-metadata could not open a database.

    Args:
        message: ml-metadata's own.
    """
    if versions := _VERSIONS.search(message):
        return (
            f"its tables have version {versions[1]}, and this ml-metadata wants {versions[2]}; "
            "use the ml-metadata that made them, or another database"
        )
    if "database is locked" in message:
        return (
            "it is locked: another program uses it, or its file system has no locks, as some NFS; "
            "name another place by --metadata-store"
        )
    if "mysql_real_connect" in message:  # that is all it says
        return (
            f"{USER} and {PASSWORD} are not accepted, or that user does not log in by "
            "mysql_native_password, the only way that ml-metadata supports"
        )
    # SQL and advice for those who build ml-metadata come after the reason.
    message = message.removeprefix("Error when executing query: ").partition(" query: ")[0]
    return message.partition(". ")[0].rstrip(".")
