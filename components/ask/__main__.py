"""Asks a trained model about pictures of one's own, or for images."""

from __future__ import annotations

import argparse
import sys

from components.results.stored import BadFacts
from modules.contract.paths import path_argument

_ABOUT = """\
Asks a trained model about pictures of one's own, or for images that it makes.

  python -m components.ask OUTPUT FILE...                what do these pictures show?
  python -m components.ask OUTPUT --sample 64            images that a VAE or a GAN makes
  python -m components.ask OUTPUT --reconstruct FILE...  what a VAE makes of pictures
  python -m components.ask OUTPUT --walk FILE FILE       from one picture to another, by a VAE
  python -m components.ask OUTPUT --walk SEED SEED       walks that start at a GAN's seeds

FILE is a PNG or JPEG picture of any size, or a folder of them; with a folder for each class in it,
the accuracy and the confusion matrix are told.
"""
_MOST = 1000  # images of a sample
_POLARITIES = ("auto", "black-on-white", "white-on-black")
_PREPARATIONS = ("by-mass", "by-box", "whole")
_SEEDS = 2**62


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line; exits with 2 for what cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m components.ask",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit codes: 0 all is answered; 2 bad usage, no such model, or pictures that cannot "
        "be read, each named; the others are answered",
    )
    add = parser.add_argument
    add("output", type=path_argument, metavar="OUTPUT", help="the folder that runs write to")
    add("files", nargs="*", type=path_argument, metavar="FILE", help="pictures, or folders of them")
    add(
        "--model",
        default="",
        metavar="FAMILY",
        help="default: of what was pushed, the newest that can do what is asked",
    )
    add("--version", default="", metavar="N", help="of a push (default: the newest)")
    add("--run", default="", metavar="RUN", help="the model of this run instead, pushed or refused")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--sample", type=int, metavar="COUNT", help="make so many images")
    what.add_argument("--reconstruct", action="store_true", help="encode and decode pictures")
    what.add_argument("--walk", nargs=2, metavar=("FROM", "TO"), help="two pictures, or two seeds")
    add("--seed", type=int, default=0, help="of the first image of --sample (default: 0)")
    add("--of-class", default="", metavar="NAME", help="of --sample, where a model knows classes")
    add(
        "--polarity",
        choices=_POLARITIES,
        default="auto",
        help="what the pictures are (default: auto, by what lies along the border)",
    )
    add(
        "--preparation",
        choices=_PREPARATIONS,
        help="how they are brought to what the model knows (default: as its data were made)",
    )
    add(
        "--picture",
        type=path_argument,
        metavar="FILE.png",
        help="where the picture of what the model saw, or made, goes (default:"
        " OUTPUT/asked/FAMILY-WHAT.png)",
    )
    add("--csv", metavar="FILE", help="write the answers as CSV, too; - for the screen, instead")
    options = parser.parse_intermixed_args(arguments)
    made = options.sample is not None or options.walk is not None
    if made and options.files:
        parser.error("--sample and --walk take no FILE")
    if not made and not options.files:
        parser.error("there is nothing to ask: name pictures, or give --sample N")
    if options.sample is not None and not 1 <= options.sample <= _MOST:
        parser.error(f"--sample is from 1 to {_MOST:,}, not {options.sample}")
    if abs(options.seed) >= _SEEDS:
        parser.error(f"--seed is a number of up to 18 digits, not {options.seed}")
    if options.run and (options.version or options.model):
        parser.error("--run names a model by itself: leave out --model and --version")
    if options.csv is not None and (made or options.reconstruct):
        parser.error("--csv is for answers, and images have none")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Asks, prints, and returns the exit code; see `parse`."""
    options = parse(arguments)
    from components.ask.asked import ask  # needs NumPy, and TensorFlow as soon as a model is there
    from components.readers.from_images.found import BadImages

    try:
        return ask(options)
    except (BadFacts, BadImages) as error:
        return say(str(error))
    except OSError as error:
        name = error.filename or options.output
        return say(f"{name} cannot be used: {error.strerror or error}")


def say(problem: str) -> int:
    """Tells a problem, and gives the exit code for it."""
    sys.stderr.write(f"ask: {problem}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
