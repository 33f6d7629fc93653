"""Settings as a TOML file: what `--config` reads, and what a run leaves to be repeated by."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.settings import BadSetting, Layer, Settings, to_plain

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
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        with open(os.path.expanduser(file), "rb") as opened:
            return Layer(tomllib.load(opened), source=file)
    except OSError as error:
        raise BadSetting(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadSetting(f"{file} is not UTF-8 text: {error.reason}") from None
    except RecursionError:
        raise BadSetting(f"{file} is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{file} is not valid TOML: {error}") from None


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
