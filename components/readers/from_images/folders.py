"""Reads PNG and JPEG files that lie in a folder for each class."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from components.readers.from_images.found import BadImages, Found, Part, check_classes
from components.readers.from_images.square import grey, square

SUFFIXES = (".png", ".jpg", ".jpeg")
_SPLITS = {"train", "test"}


def read_folder(source: Path, side: int) -> Found:
    """Reads SOURCE/CLASS/*.png, or SOURCE/train/CLASS and SOURCE/test/CLASS.

    Args:
        source: the folder.
        side: pixels of the images that are made.

    Raises:
        BadImages: a class is empty or in one split alone, or a file cannot be read.
    """
    tops = {top.name: top for top in folders_in(source)}
    divided = _SPLITS <= tops.keys() and all(folders_in(tops[split]) for split in _SPLITS)
    splits = {split: tops[split] for split in ("train", "test")} if divided else {"all": source}
    names = _names(splits)
    check_classes(source, names)
    left = [top for split, top in tops.items() if divided and split not in splits]
    notes = [f"{top} is left out, as it is neither train nor test" for top in left]
    parts = {split: _read(splits[split], names, side, notes) for split in splits}
    return Found(names, parts, tuple(notes))


def _names(splits: dict[str, Path]) -> tuple[str, ...]:
    by_split = {split: {f.name for f in folders_in(folder)} for split, folder in splits.items()}
    every = set().union(*by_split.values())
    for split, names in by_split.items():
        if missing := every - names:
            raise BadImages(
                f"{splits[split]} has no folder for the class {min(missing)}: put some of its"
                " images there, or take the class away."
            )
    if not every:
        [folder] = splits.values()
        raise BadImages(f"{folder} has no folders: put the images of each class into one.")
    numbers = all(name.isascii() and name.isdigit() for name in every)
    return tuple(sorted(every, key=(lambda name: (int(name), name)) if numbers else None))


def _read(folder: Path, names: Sequence[str], side: int, notes: list[str]) -> Part:
    images, labels, papers, sizes, strange = [], [], [], set(), []
    for label, name in enumerate(names):
        files = sorted(f for f in (folder / name).iterdir() if not f.name.startswith("."))
        pictures = [file for file in files if file.suffix.lower() in SUFFIXES and file.is_file()]
        strange += [file for file in files if file not in set(pictures)]
        if not pictures:
            raise BadImages(f"{folder / name} holds no PNG or JPEG file: put some there.")
        for file in pictures:
            picture = open_picture(file)
            try:
                image, paper = square(picture, side)
            except BadImages as error:
                raise BadImages(f"{file} {error}.") from None
            images.append(image)
            labels.append(label)
            papers.append(paper)
            sizes.add(picture.size)
    notes.append(_said(folder, sizes, side))
    if strange:
        notes.append(
            f"{len(strange):,} left out that are no PNG or JPEG files, such as {strange[0]}"
        )
    return Part(np.stack(images), np.array(labels, np.uint8), np.array(papers, np.uint8))


def open_picture(file: Path) -> Image.Image:
    """Reads a PNG or JPEG file, whatever its colours: grey, of mode L, and upright.

    Raises:
        BadImages: it is none, is cut short or corrupt, or has far too many pixels.
    """
    try:
        with warnings.catch_warnings():
            # A file of a few kilobytes can be a picture that does not fit in memory.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=("PNG", "JPEG")) as picture:
                return grey(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        most = f"{(Image.MAX_IMAGE_PIXELS or 0) // 1_000_000} million"
        raise BadImages(f"{file} has more than {most} pixels: scale it down.") from error
    # Pillow raises one or another of these for files that are cut short or corrupt.
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        if isinstance(error, PermissionError):
            raise
        raise BadImages(
            f"{file} cannot be read as a PNG or JPEG image: mend it or take it away."
        ) from error


def _said(folder: Path, sizes: set[tuple[int, int]], side: int) -> str:
    least, most = min(sizes, key=_area), max(sizes, key=_area)
    what = f"{least[0]} x {least[1]}"
    if least != most:
        what += f" to {most[0]} x {most[1]}"
    padded = ", padded to squares," if any(width != height for width, height in sizes) else ""
    done = "" if sizes == {(side, side)} else f"{padded} scaled to {side} x {side}"
    return f"{folder}: images of {what} pixels{done}"


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name, without hidden ones."""
    # Archives made on macOS bring a folder of this name.
    return [
        f
        for f in sorted(folder.iterdir())
        if f.is_dir() and not f.name.startswith((".", "__MACOSX"))
    ]
