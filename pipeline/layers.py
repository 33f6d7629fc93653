"""Settings from one source each, on their way to being whole. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Collection, Mapping
from typing import Any

from modules.contract.paths import BadPath, absolute, local_path
from modules.contract.values import BadValue

DATASET = "dataset"  # written down with the settings, and no setting: nobody types it


class BadSetting(BadValue):
    """A setting that does not exist or cannot have that value; the message says which can."""


@dataclasses.dataclass(frozen=True)
class Layer:
    """Some settings, from one source; those of a higher layer win.

    Attributes:
        values: by dotted name such as `training.epochs`, or in tables; as text or typed.
        source: where they stand, to begin a complaint with, such as a file's name; may be empty.
        gates: they are a file of gates, whose tables are for families and profiles.
    """

    values: Mapping[str, Any]
    source: str = ""
    gates: bool = False


def complaint(message: str, source: str) -> BadSetting:
    """An error that begins with where the setting stands."""
    return BadSetting(f"{source}: {message}" if source else message)


def flat(values: Mapping[str, Any], tables: Collection[str], prefix: str = "") -> dict[str, Any]:
    """The values of all tables by dotted name.

    Args:
        values: by dotted name, or in tables.
        tables: the names of those that may be empty.
        prefix: to put before each name.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        if prefix + name == DATASET:
            found[DATASET] = value
        elif isinstance(value, Mapping) and (value or prefix + name in tables):
            found |= flat(value, tables, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def read_file(file: str) -> dict[str, Any]:
    """Reads a file of TOML or, when it is called so, of JSON.

    A relative path is relative to the current folder, as on the command line.

    Raises:
        BadSetting: it cannot be read or is no such thing; names the file, and the line where it is
            known.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        with open(absolute(local_path(str(file))), "rb") as opened:
            if not str(file).endswith(".json"):
                return tomllib.load(opened)
            found = json.load(opened)
    except (OSError, BadPath) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BadSetting(f"cannot read {file}: {why}") from None
    except UnicodeDecodeError as error:
        raise BadSetting(f"{file} is not UTF-8 text: {error.reason}") from None
    except RecursionError:
        raise BadSetting(f"{file} is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{file} is not valid TOML: {error}") from None
    except json.JSONDecodeError as error:
        raise BadSetting(f"{file} is not valid JSON: {error}") from None
    except ValueError:  # what Python says of whole numbers from some thousand digits on
        raise BadSetting(f"{file} holds a number that is too long") from None
    if not isinstance(found, dict):
        raise BadSetting(f"{file} holds no table of values")
    return found
