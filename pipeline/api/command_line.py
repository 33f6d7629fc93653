"""What `run` is given, as the words of a command line."""

from __future__ import annotations

import argparse
import numbers
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.layers import BadSetting, flat
from pipeline.options import add_options, read_options
from pipeline.settings import DECLARED, Settings

Files = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
_FLAGS = ("no_cache", "no_lock", "verbose")


def words(given: Mapping[str, Any]) -> list[str]:
    """The options of local_runner.py that ask for the same.

    Args:
        given: by the names of `run`; what is None was not given.

    Raises:
        BadSetting: a value is nothing that could be typed.
    """
    return list(_words({name: value for name, value in given.items() if value is not None}))


def settings_of(options: list[str]) -> Settings:
    """Reads those of the words that are settings.

    Raises:
        BadSetting: they cannot be had; a sentence says why.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_options(parser)
    found, _ = parser.parse_known_args(options)
    return read_options(found)


def _words(given: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if name in ("config", "gates") or (name == "hyperparameters" and _are_files(value)):
            files = [value] if isinstance(value, str | os.PathLike) else value
            yield from (f"{option}={os.fspath(file)}" for file in files)
        elif name == "hyperparameters":
            yield from _set({"hyperparameters": value})
        elif name == "set":
            yield from _set(value)
        elif name in _FLAGS:
            yield from [option] * bool(value)
        elif name == "warm_start":
            yield from ("--warm-start",) if value else _set({name: False})
        elif name == "baseline":
            yield from _set({name: True}) if value else ("--no-baseline",)
        else:
            yield f"{option}={_text(name, value)}"


def _are_files(value: Any) -> bool:
    return not isinstance(value, Mapping)


def _set(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in flat(values, ()).items():
        yield f"--set={name}={_text(name, value)}"


def _text(name: str, value: Any) -> str:
    """A value as it is typed."""
    if value is None and name in DECLARED and DECLARED[name].kind.absent:
        return DECLARED[name].kind.absent
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, str | numbers.Number):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    raise BadSetting(f"{name} cannot be {value!r}")
