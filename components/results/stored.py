"""Reads JSON that a node has written beside its artifact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from modules.util.plain import OtherShape, from_json

T = TypeVar("T")


class BadFacts(Exception):
    """Facts are not there, or of another version of the project; the message says what to do."""


def read_facts(kind: type[T], file: Path) -> T:
    """Reads a dataclass from a JSON file.

    Raises:
        BadFacts: see `read_file`; also when the file has not all of the dataclass's fields.
    """
    try:
        return from_json(kind, read_file(file))
    except OtherShape as error:
        raise BadFacts(
            f"{file} was written by another version of the project ({error}); run the pipeline "
            "again"
        ) from error


def read_file(file: Path) -> Any:
    """Reads JSON that a node wrote; numbers that are not finite become None.

    Raises:
        BadFacts: the file is not there, as in what an older version of the project wrote, or is
            not JSON.
    """
    try:
        # Its constants are NaN and the infinities.
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=lambda _: None)
    except FileNotFoundError:
        raise BadFacts(
            f"there is no {file}, so this was written by an older version of the project; run "
            "the pipeline again"
        ) from None
    except ValueError as error:
        raise BadFacts(f"{file} is damaged ({error}); run the pipeline again") from error
