"""Makes a dataset in MNIST's IDX form of images of one's own."""

from __future__ import annotations

import argparse
import sys

import numpy as np

from components.readers.from_images.arrays import DEFAULT_SIDE, read_npz
from components.readers.from_images.folders import read_folder
from components.readers.from_images.found import BadImages, Found
from components.readers.from_images.polarity import POLARITIES, ink_on_paper
from components.readers.from_images.split import divide
from components.readers.reader import BadDataset
from components.readers.write import PREVIEW, Labelled, check_free, write_dataset
from modules.contract.paths import path_argument
from modules.data.dataset import SIDES

_ABOUT = """\
Makes a dataset in MNIST's IDX form of images of one's own.

SOURCE is a folder of PNG or JPEG files with a folder for each class (SOURCE/CLASS/*.png, or
SOURCE/train/CLASS and SOURCE/test/CLASS), or an .npz file with the arrays images and labels, x and
y, or x_train, y_train, x_test and y_test.
"""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line; exits with 2 for what cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m components.readers.from_images",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source", type=path_argument, metavar="SOURCE", help="a folder, or an .npz file"
    )
    parser.add_argument(
        "output", type=path_argument, metavar="OUT", help="the folder for the dataset"
    )
    parser.add_argument(
        "--side",
        type=int,
        metavar="PIXELS",
        help=f"of the images that are made, {SIDES[0]} to {SIDES[1]} (default: an .npz's own if it"
        f" is square and among these, else {DEFAULT_SIDE})",
    )
    parser.add_argument(
        "--test-share",
        type=float,
        default=1 / 6,
        metavar="SHARE",
        help="of each class, for the test set, where SOURCE does not divide it (default: 1/6)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of the order and of the division (default: 1)"
    )
    parser.add_argument(
        "--polarity",
        choices=POLARITIES,
        default="auto",
        help="what the images are; auto looks at their borders (default: auto)",
    )
    parser.add_argument("--overwrite", action="store_true", help="the dataset that is in OUT")
    options = parser.parse_args(arguments)
    if options.side is not None and not SIDES[0] <= options.side <= SIDES[1]:
        parser.error(f"--side is from {SIDES[0]} to {SIDES[1]} pixels, not {options.side}")
    if not 0 < options.test_share < 1:
        parser.error(f"--test-share is between 0 and 1, not {options.test_share:g}")
    if not 0 <= options.seed < 2**32:
        parser.error(f"--seed is 0 or more and below {2**32:,}, not {options.seed}")
    return options


def make(options: argparse.Namespace) -> list[str]:
    """Reads, divides and writes.

    Returns:
        What was found and done, in lines.

    Raises:
        BadImages, BadDataset: in one sentence; nothing was written.
    """
    source, output = options.source, options.output
    check_free(output, options.overwrite)
    if not source.exists():
        raise BadImages(f"{source} does not exist: name a folder of images or an .npz file.")
    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        raise BadImages(f"{output} is in {source}, whose folders are classes: name another place.")
    if source.is_dir():
        found = read_folder(source, options.side or DEFAULT_SIDE)
    else:
        found = read_npz(source, options.side)
    found = ink_on_paper(found, options.polarity)
    train, test = divide(found, options.test_share, options.seed)
    write_dataset(output, train, test, found.names, overwrite=options.overwrite)
    return [*found.notes, *_counts(found, train, test), f"written: {output} (see {PREVIEW} there)"]


def _counts(found: Found, train: Labelled, test: Labelled) -> list[str]:
    names, side = found.names, found.side
    lines = [f"{len(names)} classes ({names[0]} to {names[-1]}), {side} x {side} pixels"]
    for split, part in (("train", train), ("test", test)):
        counts = np.bincount(part.labels, minlength=len(names))
        few = f"{counts.min():,}"
        spread = few if counts.min() == counts.max() else f"{few} to {counts.max():,}"
        lines.append(f"{split}: {len(part):,} images, {spread} of a class")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 2 when there is no dataset to be made."""
    try:
        lines = make(parse(arguments))
    except (BadImages, BadDataset) as error:
        sys.stderr.write(f"from_images: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"from_images: {error.filename} cannot be read: {error.strerror}.\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
