"""The options that say what is run, read alike by local_runner.py and kubeflow/compile.py.

A new option is a new field of Settings, or of one of its tables, and stands nowhere else.
"""

from __future__ import annotations

import argparse
import dataclasses
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.results.commands import PROGRAM
from modules.contract.fields import Declared
from pipeline.config_file import read_config, read_hyperparameters
from pipeline.gates_file import read_gates
from pipeline.settings import DECLARED, ROOT, BadSetting, Layer, Settings, make_settings

_OPTIONS = [value for value in DECLARED.values() if value.option]
_ANY = ("hyperparameters.", "begin.")


def add_options(
    parser: argparse._ActionsContainer, defaults: Mapping[str, str] | None = None
) -> None:
    """Declares the options that `given` reads.

    Args:
        parser: or one of its groups.
        defaults: what is different by default here, for the help; the caller gives it to
            `make_settings` as the lowest layer.
    """
    for value in _OPTIONS:
        default = (defaults or {}).get(value.name) or shown_default(value)
        if value.kind.type is bool:
            parser.add_argument(
                _option(value),
                dest=value.name,
                action="store_const",
                const=_off(value),
                default=argparse.SUPPRESS,
                help=f"{'do not ' * bool(value.default)}{value.means}",
            )
            continue
        words = f"{{{','.join(value.kind.words)}}}" if value.kind.words else ""
        parser.add_argument(
            _option(value),
            dest=value.name,
            default=argparse.SUPPRESS,
            metavar=words or value.option.rpartition("-")[2].upper(),
            help=f"{value.means} (default: {default})".replace("%", "%%"),
        )
    parser.add_argument(
        "--config",
        action="append",
        default=argparse.SUPPRESS,
        metavar="FILE.toml",
        help="read settings from a file, such as the settings.toml that a run leaves; options and "
        "--set override it; may be repeated, and later files override earlier ones; relative "
        "paths start in the current folder",
    )
    parser.add_argument(
        "--gates",
        action="append",
        default=argparse.SUPPRESS,
        metavar="FILE.toml",
        help="read the bounds of gates from a file, by family and profile, such as the gates.toml "
        "that a run without gates proposes; overrides --config and the gates beside the data; may "
        "be repeated",
    )
    parser.add_argument(
        "--hyperparameters",
        action="append",
        default=argparse.SUPPRESS,
        metavar="FILE",
        help="read hyperparameters, which are then not searched for, from a file: a TOML file of "
        "their values, or the settings.toml or summary.json of a run; overrides --config; with "
        "all of them, add --tuner none; may be repeated",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=argparse.SUPPRESS,
        metavar="NAME=VALUE",
        help="change a setting, such as training.epochs=3, gates.accuracy=0.9 or "
        "hyperparameters.NAME=VALUE; docs/settings.md lists them all; may be repeated",
    )


def given(options: argparse.Namespace) -> tuple[Layer, ...]:
    """What was asked for, lowest layer first: `--config`, the other files, the options, `--set`.

    Raises:
        BadSetting: a file that cannot be read, or a `--set` without a name or a value.
    """
    found = vars(options)
    files = [
        read(file)
        for name, read in (
            ("config", read_config),
            ("gates", read_gates),
            ("hyperparameters", read_hyperparameters),
        )
        for file in found.get(name, ())
    ]
    typed = {value.name: found[value.name] for value in _OPTIONS if value.name in found}
    changes = dict(map(_pair, found.get("set", ())))
    return (*files, Layer(typed), Layer(changes))


def read_options(options: argparse.Namespace) -> Settings:
    """The settings that were asked for.

    Raises:
        BadSetting: in one sentence.
    """
    return make_settings(*given(options))


def retyped(options: argparse.Namespace) -> list[str]:
    """What has to be typed for the settings of some options; the rest of them is left out."""
    switches = {value.name for value in _OPTIONS if value.kind.type is bool}
    files = {name: f"--{name}" for name in ("config", "gates", "hyperparameters")}
    typed = {value.name: _option(value) for value in _OPTIONS}
    found = vars(options)
    words: list[str] = []
    for name, option in {**files, **typed, "set": "--set"}.items():
        given = found.get(name, [])
        for value in [given] if isinstance(given, str) else given:
            if name in switches:
                words.append(option)
                continue
            # What begins with a dash would be taken for an option.
            words += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return words


def command(options: argparse.Namespace) -> str:
    """The command that asks for the settings of some options, as the shell takes it."""
    return shlex.join((*PROGRAM, *retyped(options)))


def shown_default(value: Declared) -> str:
    """A default in words, the same on every machine."""
    if value.default is None:
        return value.kind.absent
    if value.default is dataclasses.MISSING:
        return "that of the profile"
    if isinstance(value.default, bool):
        return str(value.default).lower()
    if isinstance(value.default, Path) and value.default.is_relative_to(ROOT):
        if not value.default.exists():
            return "none; to be given"
        return f"{value.default.relative_to(ROOT)} of the project"
    return str(value.default)


def _option(value: Declared) -> str:
    """As it is typed: what is on can only be switched off, so that it needs no value."""
    negated = "no-" if value.default is True else ""
    return f"--{negated}{value.option}"


def _off(value: Declared) -> str:
    return str(not value.default).lower()


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not (equals and name and value.strip()):
        raise BadSetting(f"--set takes NAME=VALUE, not '{text}'")
    # Only the family knows what a hyperparameter is; it gets what the text looks like.
    return name, _guess(value.strip()) if name.startswith(_ANY) else value


def _guess(text: str) -> int | float | bool | str:
    """A whole number, a number, true, false, or text."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text.lower(), text)
