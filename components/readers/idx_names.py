"""The names of the four files of an IDX dataset, as MNIST, EMNIST and QMNIST spell them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from components.readers.reader import BadDataset

SPLITS: Mapping[str, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""MNIST's names for the image and the label file of each split, without .gz."""

# Such as train-images.idx3-ubyte, emnist-letters-test-labels-idx1-ubyte.gz and
# qmnist-train-labels-idx2-int; hidden files are other programs' own.
_NAME = re.compile(
    r"(?P<set>(?:[^.].*-)?)(?P<split>train|t10k|test)-(?P<holds>images|labels)"
    r"[-.](?P<form>idx\d-(?:ubyte|int))(?P<zipped>(?:\.gz)?)"
)


def find_files(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Finds the image and the label file of each split, "train" and "test".

    Where a file is there both plain and gzipped the plain one is taken: folders that a download
    tool unpacked in place hold both.

    Raises:
        BadDataset: a file is missing, or there is more than one dataset.
        OSError: the folder cannot be read.
    """
    found = [
        match
        for path in sorted(folder.iterdir())
        if (match := _NAME.fullmatch(path.name)) and path.is_file()
    ]
    sets = sorted({match["set"] for match in found})
    if len(sets) > 1:
        names = ", ".join(f"{name}..." if name else "MNIST's names" for name in sets)
        raise BadDataset(
            f"{folder} holds several datasets ({names}): keep each in a folder of its own."
        )
    return {
        split: (_file(folder, found, split, "images"), _file(folder, found, split, "labels"))
        for split in SPLITS
    }


def _file(folder: Path, found: list[re.Match[str]], split: str, holds: str) -> Path:
    words = ("train",) if split == "train" else ("t10k", "test")
    here = [match for match in found if match["split"] in words and match["holds"] == holds]
    if not here:
        stem = _expected(found, words, holds)
        raise BadDataset(
            f"{folder / stem} is missing, and so is {stem}.gz: the four files of an IDX dataset"
            " have to be in that folder."
        )
    forms = {(match["split"], match["form"]): match.string for match in here}
    if len(forms) > 1:
        raise BadDataset(f"{folder} holds {' and '.join(forms.values())}: keep one of them.")
    # The plain one first, then the spelling with a dash.
    return folder / min(here, key=lambda match: (match["zipped"], match.string)).string


def _expected(found: Iterable[re.Match[str]], words: tuple[str, ...], holds: str) -> str:
    """The name that a missing file would have beside those that there are."""
    beside = next(iter(found), None)
    prefix = beside["set"] if beside else ""
    split = next((match["split"] for match in found if match["split"] in words), "")
    form = next((match["form"] for match in found if match["holds"] == holds), "")
    usual = {"images": "idx3-ubyte", "labels": "idx2-int" if "qmnist" in prefix else "idx1-ubyte"}
    return f"{prefix}{split or words[-1 if prefix else 0]}-{holds}-{form or usual[holds]}"
