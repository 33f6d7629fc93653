"""What a cross-validation found, as typed facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from components.results.facts import Outputs
from components.results.judged import Threshold
from components.results.stored import read_facts

FILE = "folds.json"  # beside what CrossValidator writes
JUDGED_FILE = "judged.json"  # beside the record of FoldsGate


@dataclasses.dataclass(frozen=True)
class Fold:
    """One fold.

    Attributes:
        train_images: that its model learnt from, those of all other folds.
        held_out_images: that its model was judged on, those of the fold.
        seconds: that it took; of one that went on in its middle, only those since.
        figures: of the images that are held out, by their names.
        failed: why there are none; else empty.
    """

    train_images: int
    held_out_images: int
    seconds: float
    figures: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    failed: str = ""


@dataclasses.dataclass(frozen=True)
class Folds:
    """A cross-validation of the configuration that the model was trained with.

    Attributes:
        objective: the figure that it is about, the one that a search improves.
        direction: max where more of it is better, else min.
        folds: each of them; their numbers begin with 1.
        mean: of the objective over the folds; None where a fold came to nothing.
        deviation: the standard deviation of the folds (of a sample: divided by one less than there
            are); None as above.
        outliers: the numbers of the folds that do not belong to the others.
        seconds: the sum of the folds'; by the clock less, where two are trained at a time.
        threshold: the bound on the mean, worsened by one standard deviation; None without one.
        proposed: a bound that these folds would meet again; None where a fold came to nothing.
    """

    objective: str
    direction: str
    folds: tuple[Fold, ...]
    mean: float | None
    deviation: float | None
    outliers: tuple[int, ...]
    seconds: float
    threshold: Threshold | None = None
    proposed: float | None = None

    @property
    def rises(self) -> bool:
        """Whether more of the objective is better."""
        return self.direction == "max"

    @property
    def scores(self) -> list[float | None]:
        """The objective of each fold; None of one that came to nothing."""
        return [fold.figures.get(self.objective) for fold in self.folds]

    @property
    def images(self) -> int:
        """How many were held out, in all folds together."""
        return sum(fold.held_out_images for fold in self.folds)

    def worsened(self, by: float = 1.0) -> float | None:
        """The mean, worse by so many standard deviations; None where there is no mean."""
        if self.mean is None or self.deviation is None:
            return None
        return self.mean - by * self.deviation if self.rises else self.mean + by * self.deviation


@dataclasses.dataclass(frozen=True)
class Judged:
    """What the gate on the folds came to; see Folds."""

    threshold: Threshold | None = None
    proposed: float | None = None


def read_folds(outputs: Outputs, judged: Outputs | None = None) -> Folds:
    """Reads the outputs of CrossValidator and, where there are, of FoldsGate.

    Raises:
        BadFacts: see `read_facts`.
    """
    found = read_facts(Folds, Path(outputs["folds"][0].uri, FILE))
    if not judged:
        return found
    said = read_judged(judged)
    return dataclasses.replace(found, threshold=said.threshold, proposed=said.proposed)


def read_judged(outputs: Outputs) -> Judged:
    """Reads the outputs of FoldsGate.

    Raises:
        BadFacts: see `read_facts`.
    """
    return read_facts(Judged, Path(outputs["folds_judged"][0].uri, JUDGED_FILE))
