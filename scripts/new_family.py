"""Writes a new family of models and its test: a small one that works, to go on from."""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "templates"
LIKE = ("classifier", "generator")

_ABOUT = """\
Writes a new family of models and its test: a small one that works, to go on from.

    .venv/bin/python scripts/new_family.py mine --like classifier

--like classifier is two convolutions and a dense layer, --like generator a dense autoencoder that
samples. docs/families.md explains what is in them.
"""
_NAME = re.compile("[a-z][a-z0-9]{0,29}")
_PACKAGES = ("components", "kubeflow", "modules", "pipeline")
_IN_OUTPUT = ("artifacts", "serving", "state")  # beside the families' own folders
_NEXT = """\
next:
  .venv/bin/python local_runner.py --model {name} --profile smoke
  .venv/bin/python -m pytest tests/test_{name}.py tests/test_families.py -k {name}
  .venv/bin/python -m pipeline.settings_table > docs/settings.md
"""


class Refused(ValueError):
    """There can be no such family; the message says why, and what would do."""


def files_of(name: str, like: str) -> dict[str, str]:
    """The text of each file that a new family is made of, by its path in the project.

    Args:
        name: of the family, as `--model` takes it.
        like: one of LIKE.
    """
    places = {
        f"modules/families/{name}.py": f"{like}.py",
        f"tests/test_{name}.py": f"test_{like}.py",
    }
    return {place: _named(name, template) for place, template in places.items()}


def _named(name: str, template: str) -> str:
    text = (TEMPLATES / template).read_text()
    text = re.sub(r"\bMine\b", name.capitalize(), text)
    return re.sub(r"\bmine\b", name, text)


def write(name: str, like: str, root: Path) -> list[Path]:
    """Writes a new family and its test into a checkout of the project; changes no other file.

    Args:
        name: of the family, as `--model` takes it.
        like: one of LIKE.
        root: the checkout's folder.

    Returns:
        The files.

    Raises:
        Refused: the name or the folder will not do, or something of that name is there.
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            f"{name!r} cannot be the name of a family, which is also part of names in Kubernetes: "
            "a letter from a to z and up to 29 more letters or digits make one"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise Refused(f"{name!r} is a word of Python's: choose another name")
    if name in _IN_OUTPUT:
        raise Refused(f"{name!r} is a folder of every output folder: choose another name")
    if not (root / "modules" / "families").is_dir():
        raise Refused(f"{root} is no checkout of this project: it has no folder modules/families")
    texts = {root / place: text for place, text in files_of(name, like).items()}
    if taken := _taken(name, texts, root):
        raise Refused(f"{taken.relative_to(root)} is there already: choose another name")
    written: list[Path] = []
    try:
        for path, text in texts.items():
            with open(path, "x") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink()
        raise Refused(f"{error.filename or root} cannot be written: {error.strerror}") from error
    return written


def _taken(name: str, places: Iterable[Path], root: Path) -> Path | None:
    """What has the name already.

    No other module may have it: whose code a node is made of is seen by the files' names, and
    `judge` stands for a table in gates.toml.
    """
    modules = (path for package in _PACKAGES for path in (root / package).rglob("*"))
    found = (path for path in modules if path.stem == name)
    return next((path for path in (*places, *found) if path.exists()), None)


def main(arguments: list[str] | None = None) -> int:
    """Writes the family that the command line asks for; 2 if there can be none."""
    parser = argparse.ArgumentParser(
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", metavar="NAME", help="of the family, as --model takes it")
    parser.add_argument("--like", choices=LIKE, required=True, help="what kind of family it is")
    parser.add_argument(
        "--to",
        metavar="FOLDER",
        type=Path,
        default=ROOT,
        help="the checkout that it is written into (default: the one of this script)",
    )
    typed = parser.parse_args(arguments)
    try:
        written = write(typed.name, typed.like, typed.to.resolve())
    except Refused as refused:
        sys.stderr.write(f"new_family.py: {refused}\n")
        return 2
    for path in written:
        sys.stdout.write(f"wrote {path.relative_to(typed.to.resolve())}\n")
    sys.stdout.write(_NEXT.format(name=typed.name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
