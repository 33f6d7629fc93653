"""The pictures that are asked about: files, folders of them, folders with one for each class."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from components.readers.from_images.folders import SUFFIXES, folders_in, open_picture
from components.readers.from_images.found import BadImages


@dataclasses.dataclass(frozen=True)
class Input:
    """A picture that is asked about.

    Attributes:
        file: its path, as it was given.
        truth: the place of its class, from the name of its folder; None where nobody says it.
    """

    file: Path
    truth: int | None = None


def find(given: Sequence[Path], names: Sequence[str]) -> list[Input]:
    """Lists all pictures of files and folders, in the order given and by name.

    A folder that holds folders has one for each class, or for some.

    Args:
        given: files and folders.
        names: of the classes.

    Raises:
        BadImages: a folder of a class is called like none, or a folder has no pictures.
    """
    found: list[Input] = []
    for path in given:
        if not path.is_dir():
            found.append(Input(path))
            continue
        classes = folders_in(path)
        if strange := [folder for folder in classes if folder.name not in names]:
            raise BadImages(
                f"{strange[0]} is no class of this model: name the folders as the classes, "
                f"{', '.join(names)}, or give the folders themselves."
            )
        inside = [Input(file) for file in _pictures(path)]
        for folder in classes:
            truth = names.index(folder.name)
            inside += [Input(file, truth) for file in _pictures(folder)]
        if not inside:
            raise BadImages(f"{path} holds no PNG or JPEG file: put some there.")
        found += inside
    return found


def read(file: Path) -> Image.Image:
    """Opens a picture, grey and upright.

    Raises:
        BadImages: it cannot be read; the sentence begins with its name.
    """
    try:
        if not file.exists():
            raise BadImages(f"{file} does not exist.")
        return open_picture(file)
    except PermissionError:
        raise BadImages(f"{file} may not be read: look at its permissions.") from None


def _pictures(folder: Path) -> list[Path]:
    files = sorted(folder.iterdir())
    return [f for f in files if f.suffix.lower() in SUFFIXES and f.is_file() and f.name[0] != "."]
