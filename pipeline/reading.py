"""Reads one setting, whoever gave it; what is wrong is told with where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules.contract.paths import BadPath, absolute, literal
from modules.contract.values import BadValue, Kind, read
from modules.data.dataset import BadKind, Dataset, from_plain
from pipeline.layers import complaint
from pipeline.metadata import address


def value(name: str, given: Any, kind: Kind, source: str) -> Any:
    """Reads a value; paths become absolute.

    Args:
        name: of the setting.
        given: what was typed, or stands in a file.
        kind: what it has to be.
        source: where it stands; "" for a command line.

    Raises:
        BadSetting: it is something else.
    """
    try:
        found = read(name, given, kind)
        if name == "metadata_store" and found is not None:
            return str(address.parse(found))
        if not isinstance(found, Path):
            return found
        path = absolute(found)
        return literal(path) if name == "output" else path
    except BadPath as error:
        raise complaint(f"{name}: {error}", source) from None
    except BadValue as error:
        raise complaint(str(error), source) from None


def dataset(plain: Any, source: str) -> Dataset | None:
    """Reads what the data say of themselves, where that has been written down.

    Raises:
        BadSetting: it is nothing that data could say.
    """
    if plain is None or isinstance(plain, Dataset):
        return plain
    try:
        if not isinstance(plain, Mapping):
            raise BadKind(f"a dataset is described by a table, not by {plain!r}")
        return from_plain(plain)
    except BadKind as error:
        raise complaint(str(error), source) from None
