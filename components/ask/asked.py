"""One question of the command line, from its options to what is printed and written."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from components.ask.chosen import (
    BETWEEN,
    CLASSIFY,
    RECONSTRUCT,
    SAMPLE,
    SEEDS,
    Chosen,
    choose,
)
from components.ask.inputs import Input, find, read
from components.ask.prepare import Prepared, prepare
from components.readers.from_images.found import BadImages
from components.results.stored import BadFacts
from modules.util import environment

if TYPE_CHECKING:
    from modules.data.dataset import Dataset

SEED_END = 2**62  # seeds are below
_AT_ONCE = 500  # pictures that a model is asked about


def ask(options: argparse.Namespace) -> int:
    """Does what the command line says.

    Returns:
        The exit code: 2 when a picture could not be read, else 0.

    Raises:
        BadFacts: there is no model that can do it.
        BadImages: none of the pictures can be asked about.
        OSError: something cannot be written.
    """
    what, seeds = _what(options)
    chosen = choose(options.output, what, options.model, options.version, options.run)
    if options.of_class:
        raise BadFacts(f"a {chosen.name} draws of all classes, and takes none: drop --of-class")
    files = [Path(end) for end in options.walk] if what == BETWEEN else options.files
    dataset = chosen.family.dataset
    if options.preparation:
        dataset = dataclasses.replace(dataset, preparation=options.preparation)
    prepared, bad = _prepare(files, dataset, options.polarity)
    for problem in bad:
        sys.stderr.write(f"ask: {problem}\n")
    if bad and (what == BETWEEN or not prepared):
        return 2
    _quiet()
    if what == CLASSIFY:
        _classify(chosen, prepared, options)
    else:
        _make(chosen, what, prepared, seeds, options)
    return 2 if bad else 0


def _what(options: argparse.Namespace) -> tuple[str, tuple[int, ...]]:
    """What is to be done, and the seeds that it begins with, where it begins with seeds."""
    if options.sample:
        return SAMPLE, tuple(range(options.seed, options.seed + options.sample))
    if options.walk:
        numbers = all(end.isascii() and end.isdigit() for end in options.walk)
        if not numbers or any(Path(end).exists() for end in options.walk):
            return BETWEEN, ()
        seeds = tuple(map(int, options.walk))
        if max(seeds) >= SEED_END:
            raise BadFacts(f"a seed is below {SEED_END:,}, not {max(seeds)}")
        return SEEDS, seeds
    return (RECONSTRUCT if options.reconstruct else CLASSIFY), ()


def _prepare(
    files: Sequence[Path], dataset: Dataset, polarity: str
) -> tuple[list[tuple[Input, Prepared]], list[str]]:
    """The pictures that can be asked about, and a sentence for each of the others."""
    good, bad = [], []
    for one in find(files, dataset.names):
        try:
            picture = read(one.file)
        except BadImages as error:
            bad.append(str(error))
            continue
        try:
            good.append((one, prepare(picture, dataset, polarity)))
        except BadImages as error:
            bad.append(f"{one.file} {error}.")
    return good, bad


def _quiet() -> None:
    """Before TensorFlow is imported: its messages are not for who asks."""
    environment.configure("3")
    warnings.simplefilter("ignore")


def _classify(
    chosen: Chosen, prepared: Sequence[tuple[Input, Prepared]], options: argparse.Namespace
) -> None:
    import numpy as np

    from components.ask import pictures, table
    from components.ask.answers import answer, load_model
    from modules.util.files import write_text

    model = load_model(chosen)
    lines: list[table.Line] = []
    for start in range(0, len(prepared), _AT_ONCE):
        some = prepared[start : start + _AT_ONCE]
        answers = answer(model, np.stack([one.image for _, one in some]))
        lines += [table.Line(a, p, said) for (a, p), said in zip(some, answers, strict=True)]
    if options.csv == "-":
        sys.stdout.write(table.csv_text(lines, model.names))
    else:
        known = model.reference is not None
        gone = "" if known else "its run's Examples are gone: nothing tells what is strange"
        told = (str(chosen), table.table(lines, model.names), table.right(lines, model.names), gone)
        sys.stdout.write("".join(f"{text}\n" for text in told if text))
    if options.csv not in (None, "-"):
        pictures.check_place(Path(options.csv))
        write_text(options.csv, table.csv_text(lines, model.names))
    place = options.picture or pictures.default_place(options.output, chosen.name, "saw")
    pictures.write(place, pictures.seen(lines))
    _tell(f"picture  {place}", options)


def _make(
    chosen: Chosen,
    what: str,
    prepared: Sequence[tuple[Input, Prepared]],
    seeds: tuple[int, ...],
    options: argparse.Namespace,
) -> None:
    import numpy as np

    from components.ask import generators, pictures
    from components.ask.answers import load_ask

    make = {
        SAMPLE: generators.sample,
        SEEDS: generators.walks,
        BETWEEN: generators.walk_between,
        RECONSTRUCT: generators.reconstruct,
    }[what]
    given = np.array(seeds, np.int64) if seeds else np.stack([one.image for _, one in prepared])
    try:
        made = make(load_ask(chosen), given)
    except KeyError as error:
        raise BadFacts(f"{chosen} has no signature {error}") from error
    place = options.picture or pictures.default_place(options.output, chosen.name, what)
    pictures.write(place, made)
    sys.stdout.write(f"{chosen}\n")
    if what == SEEDS:
        sys.stdout.write(
            f"a row for each seed, from there on: a {chosen.name} cannot encode, so that it cannot"
            " be led to another\n"
        )
    _tell(f"picture  {place}", options)


def _tell(line: str, options: argparse.Namespace) -> None:
    screen = sys.stderr if options.csv == "-" else sys.stdout
    screen.write(f"{line}\n")
