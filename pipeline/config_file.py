"""Settings as a TOML file: what `--config` reads, and what a run leaves to be repeated by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.layers import BadSetting, Layer, read_file
from pipeline.settings import Settings, to_plain

_HEADER = """\
# The settings of a run. To repeat it:
#     local_runner.py --config {file}
# docs/settings.md says what each one means.

"""


def read_config(file: str) -> Layer:
    """Reads a file of settings, with the names that `--set` takes, in tables or dotted.

    A relative path in it is relative to the current folder, as on the command line.

    Args:
        file: its name.

    Raises:
        BadSetting: it cannot be read or is no TOML; names the file, and the line where it is known.
    """
    return Layer(read_file(file), source=file)


def read_hyperparameters(file: str) -> Layer:
    """Reads a file of hyperparameters: their values alone, or what a run has left.

    Args:
        file: TOML with a value for each, or in a table called so, as in a run's settings.toml; or
            a run's summary.json, of which those are taken that the model was trained with, or that
            its search found.

    Raises:
        BadSetting: it cannot be read, or there are none in it; names the file.
    """
    found = read_file(file)
    if "verdict" in found:  # of a summary
        tuned = (found.get("tuning") or {}).get("best")
        found = (found.get("training") or {}).get("hyperparameters") or tuned or {}
    found = found.get("hyperparameters", found)
    if not isinstance(found, Mapping) or not found:
        beside = Path(file).with_name("summary.json")
        hint = f"; {beside} has those that the run used" if beside.is_file() else ""
        raise BadSetting(f"there are no hyperparameters in {file}{hint}")
    return Layer({"hyperparameters": found}, source=file)


def write_toml(settings: Settings, file: Path) -> None:
    """Writes settings so that `--config` with this file gives the same ones; all or nothing."""
    write_plain(to_plain(settings), file)


def write_plain(plain: Mapping[str, Any], file: Path) -> None:
    """Writes what `to_plain` gave, as `write_toml` does."""
    import shlex  # `--help` needs none of these

    import tomli_w

    from modules.util.files import write_text

    name = shlex.quote(str(file))
    # A comment ends with its line.
    header = _HEADER.format(file=name if name.isprintable() else "FILE")
    write_text(file, header + tomli_w.dumps(plain))
