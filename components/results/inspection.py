"""What was seen in a judged model and in its data: typed facts that the Inspector writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from components.results.facts import Outputs
from components.results.stored import read_facts

FILE = "inspection.json"
PICTURES = "pictures.zip"  # beside it, with PICTURE.png of each picture that it names


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture beside the facts.

    Attributes:
        file: its name, without `.png`.
        group: what it belongs to: samples, reconstructions, walk, latents, attention, neighbours.
        title: a few words.
        text: what is to be seen, for who cannot see it.
    """

    file: str
    group: str
    title: str
    text: str


@dataclasses.dataclass(frozen=True)
class Seen:
    """A test image, and what a classifier said of it.

    Attributes:
        index: its place among the test images.
        label: the name of the class that it is said to be of.
        answer: the name of the most probable class.
        sure: the probability of the answer.
        given: that of the label.
        picture: the file of the image, without `.png`.
    """

    index: int
    label: str
    answer: str
    sure: float
    given: float
    picture: str


@dataclasses.dataclass(frozen=True)
class Bin:
    """The Examples whose most probable class has a probability from low to high.

    Attributes:
        count: how many there are.
        sure: the mean of that probability; None without an Example.
        right: the part of them that is right.
    """

    low: float
    high: float
    count: int
    sure: float | None
    right: float | None


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a classifier's answers look like.

    Attributes:
        bins: from 0 to 1.
        calibration_error: the expected one (Naeini et al. 2015): the bins' |sure - right|, each by
            its part of the Examples.
        wrong: how many answers are.
        mistakes: the worst, the surest first.
        suspected: how many labels may be wrong by confident learning (Northcutt et al. 2021).
        suspects: the likeliest of them.
    """

    bins: tuple[Bin, ...]
    calibration_error: float
    wrong: int
    mistakes: tuple[Seen, ...]
    suspected: int
    suspects: tuple[Seen, ...]


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """How near generated images are to training images, in pixels' root mean square from 0 to 1.

    Attributes:
        generated: the median distance from a generated image to the nearest training image.
        real: that of a real test image.
        copied: the part of the generated images that are nearer to a training image than 99 % of
            the real test images are.
        count: how many generated, and real, images were asked about.
    """

    generated: float
    real: float
    copied: float
    count: int


@dataclasses.dataclass(frozen=True)
class SplitFacts:
    """What a split holds.

    Attributes:
        split: train, eval or test.
        examples: how many.
        by_class: of each class, by its name.
        features: of numbers: mean, deviation, least and most, by the feature's name.
    """

    split: str
    examples: int
    by_class: Mapping[str, int]
    features: Mapping[str, Mapping[str, float]]


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What was seen.

    Attributes:
        splits: the three.
        duplicates: images of the first split that are in the second, too, such as "train, test".
        trivial: what a model reaches that knows only how often classes, or pixels, occur: by the
            name of the figure.
        answers: of a classifier.
        neighbours: of a generator.
        pictures: in the order in which they are shown.
    """

    splits: tuple[SplitFacts, ...]
    duplicates: Mapping[str, int]
    trivial: Mapping[str, float]
    answers: Answers | None = None
    neighbours: Neighbours | None = None
    pictures: tuple[Picture, ...] = ()


def read_inspection(outputs: Outputs) -> Inspection:
    """Reads the outputs of the Inspector.

    Raises:
        BadFacts: see `read_facts`.
    """
    return read_facts(Inspection, Path(outputs["inspection"][0].uri, FILE))
