"""Reads images and labels from the arrays of an .npz file."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.readers.from_images.found import BadImages, Found, Part, check_classes
from components.readers.from_images.square import square
from modules.data.dataset import SIDES

DEFAULT_SIDE = 28
Keys = dict[str, tuple[str, str]]
KEYS: tuple[Keys, ...] = (
    {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")},
    {
        "train": ("train_images", "train_labels"),
        "test": ("test_images", "test_labels"),
    },
    {"all": ("images", "labels")},
    {"all": ("x", "y")},
)
"""The names of the arrays that are looked for: images and labels of each split."""

_RANGES = (1, 16, 255)  # the brightest value that images may have


def read_npz(source: Path, side: int | None) -> Found:
    """Reads all images of an .npz file; one that needs pickle is not read.

    Args:
        source: the file.
        side: pixels of the images that are made; None takes the file's own, or DEFAULT_SIDE.

    Raises:
        BadImages: the file or an array in it does not fit.
    """
    keys, arrays = _load(source)
    notes: list[str] = []
    pixels = {split: _pixels(source, images, arrays[images]) for split, (images, _) in keys.items()}
    labels = {split: _labels(source, name, arrays[name]) for split, (_, name) in keys.items()}
    for split, (images, name) in keys.items():
        if len(pixels[split]) != len(labels[split]):
            raise BadImages(
                f"{source} has {len(pixels[split]):,} {images} but {len(labels[split]):,} {name}:"
                " there has to be a label for each image."
            )
    classes = np.unique(np.concatenate(list(labels.values())))
    names = tuple(str(value) for value in classes)
    check_classes(source, names)
    for split, (_, name) in keys.items():
        if (missing := np.setdiff1d(classes, labels[split])).size:
            raise BadImages(f"{source} has no image of the class {missing[0]} by {name}: add some.")
    scale = _scale(source, list(pixels.values()), notes)
    shapes = {array.shape[1:3] for array in pixels.values()}
    wanted = side or _own_side(shapes) or DEFAULT_SIDE
    what = " and ".join(f"{height} x {width}" for height, width in sorted(shapes))
    done = "" if shapes == {(wanted, wanted)} else f", scaled to {wanted} x {wanted}"
    notes.insert(0, f"{source}: images of {what} pixels{done}")
    parts = {}
    for split, array in pixels.items():
        places = np.searchsorted(classes, labels[split])
        parts[split] = _part(source, array, scale, places, wanted)
    return Found(names, parts, tuple(notes))


def _own_side(shapes: set[tuple[int, ...]]) -> int | None:
    """The side that all images have already, if it is one that can be learnt."""
    sides = {length for shape in shapes for length in shape}
    return next((s for s in sides if SIDES[0] <= s <= SIDES[1]), None) if len(sides) == 1 else None


def _load(source: Path) -> tuple[Keys, dict[str, NDArray[Any]]]:
    try:
        loaded = np.load(source, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise BadImages(f"{source} holds one array: write images and labels into an .npz.")
        with loaded as file:
            keys = _keys(source, file.files)
            return keys, {name: file[name] for pair in keys.values() for name in pair}
    except BadImages:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if "Object arrays" in str(error):
            why = f"{source} holds Python objects, which are not read"
        else:
            why = f"{source} is not a whole .npz file"
        raise BadImages(f"{why}: write plain arrays with numpy.savez.") from error


def _keys(source: Path, names: list[str]) -> Keys:
    for keys in KEYS:
        if {name for pair in keys.values() for name in pair} <= set(names):
            return keys
    forms = "; ".join(", ".join(name for pair in k.values() for name in pair) for k in KEYS)
    raise BadImages(
        f"{source} holds the arrays {', '.join(names) or 'none'}: name them as one of {forms}."
    )


def _pixels(source: Path, name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Of any shape that images come in, to (N, height, width) or (N, height, width, 3)."""
    shape = array.shape
    if array.dtype.kind not in "buif":
        raise BadImages(f"{source}: {name} holds {array.dtype} values, and images are numbers.")
    if not array.size:
        raise BadImages(f"{source}: {name} has the shape {shape}, and so no images.")
    if array.ndim == 2 and math.isqrt(shape[1]) ** 2 == shape[1]:
        return array.reshape(-1, math.isqrt(shape[1]), math.isqrt(shape[1]))
    if array.ndim == 4 and shape[3] == 1:
        return array[..., 0]
    if array.ndim == 3 or (array.ndim == 4 and shape[3] == 3):
        return array
    raise BadImages(
        f"{source}: {name} has the shape {shape}, and images are (N, height, width), with 1 or 3"
        " colours behind that, or (N, pixels) of squares."
    )


def _labels(source: Path, name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise BadImages(
            f"{source}: {name} has the shape {array.shape}, and labels are one number or word an"
            " image, (N,)."
        )
    if array.dtype.kind == "f" and np.all(np.isfinite(array)) and np.all(array % 1 == 0):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iubU":
        raise BadImages(f"{source}: {name} holds {array.dtype} values, not whole numbers or words.")
    return array


def _scale(source: Path, pixels: list[NDArray[Any]], notes: list[str]) -> float:
    """What all values are multiplied by to reach from 0 to 255."""
    if any(array.dtype.kind == "f" and not np.all(np.isfinite(array)) for array in pixels):
        raise BadImages(f"{source} holds values that are no numbers: images go from 0 to 255.")
    least = min(float(array.min()) for array in pixels)
    most = max(float(array.max()) for array in pixels)
    top = next((top for top in _RANGES if most <= top), 0)
    if least < 0 or not top or (top == 255 and most < 128) or most == 0:
        raise BadImages(
            f"{source} holds values from {least:g} to {most:g}: images go from 0 to 255, 0 to 16 or"
            " 0 to 1."
        )
    if top != 255:
        notes.append(f"values from {least:g} to {most:g}, taken as 0 to {top}: scaled to 0 to 255")
    return 255 / top


def _part(
    source: Path, pixels: NDArray[Any], scale: float, labels: NDArray[Any], side: int
) -> Part:
    images: NDArray[np.uint8] = np.empty((len(pixels), side, side), np.uint8)
    paper: NDArray[np.uint8] = np.empty(len(pixels), np.uint8)
    for place, values in enumerate(pixels):
        picture = Image.fromarray(np.round(values * scale).astype(np.uint8)).convert("L")
        try:
            images[place], paper[place] = square(picture, side)
        except BadImages as error:
            raise BadImages(f"{source}: image {place} {error}.") from None
    return Part(images, labels.astype(np.uint8), paper)
