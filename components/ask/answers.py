"""What a classifier says of prepared pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from components.ask.chosen import Chosen
from components.ask.strangeness import Reference, fit
from components.asking import load
from components.results.stored import BadFacts
from modules.contract.view import Ask
from modules.data.splits import Split


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was said of one picture.

    Attributes:
        label: the name of the most probable class.
        probability: of it, from 0 to 1.
        runner_up: the name of the second.
        runner_up_probability: of that.
        probabilities: of all classes, in their order.
        strangeness: how far it is from what was trained on; above 1, it is further than all but
            1 % of real images. None where the run's Examples are gone.
        nearest: the training image that is nearest to it, uint8 (S, S); None likewise.
    """

    label: str
    probability: float
    runner_up: str
    runner_up_probability: float
    probabilities: tuple[float, ...]
    strangeness: float | None = None
    nearest: NDArray[np.uint8] | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def strange(self) -> bool:
        """Whether the picture resembles nothing that was trained on."""
        return self.strangeness is not None and self.strangeness > 1.0


@dataclasses.dataclass(frozen=True)
class Model:
    """A classifier in memory.

    Attributes:
        chosen: which it is.
        ask: the exported model.
        reference: what strangeness is measured by; None where the run's Examples are gone.
    """

    chosen: Chosen
    ask: Ask
    reference: Reference | None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes."""
        return self.chosen.family.dataset.names


def load_model(chosen: Chosen) -> Model:
    """Loads a classifier, and the Examples that it was trained on.

    Raises:
        BadFacts: its folder holds no model that can be loaded.
    """
    return Model(chosen, load_ask(chosen), _reference(chosen))


def load_ask(chosen: Chosen) -> Ask:
    """Loads the exported model alone; see `load_model`."""
    try:
        return load(chosen.found.folder)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadFacts(f"{chosen.found.folder} cannot be loaded: {error}") from error


def load_part(chosen: Chosen, split: str) -> Split:
    """Reads a split of the Examples of the model's run: "train", "eval" or "test".

    Raises:
        OSError, ValueError: they are gone.
    """
    from modules.data.images import load_split

    examples = chosen.found.summary.folder_of("examples", chosen.output)
    if examples is None:
        raise ValueError(f"the run {chosen.found.run.name} has no Examples")
    files = [str(file) for file in sorted((examples / f"Split-{split}").iterdir())]
    return load_split(files, chosen.family.dataset.side)


def _reference(chosen: Chosen) -> Reference | None:
    try:
        return fit(load_part(chosen, "train"), load_part(chosen, "eval"))
    except (OSError, ValueError):
        return None


def answer(model: Model, images: NDArray[np.uint8]) -> list[Answer]:
    """Asks a classifier.

    Args:
        model: see `load_model`.
        images: uint8, (N, S, S), as components.ask.prepare makes them; N may be 0.
    """
    if not len(images):
        return []
    said = model.ask("serving_images", images=images)["probabilities"]
    scores: Sequence[float | None] = [None] * len(images)
    near: Sequence[NDArray[np.uint8] | None] = [None] * len(images)
    if model.reference:
        found = model.reference.measure(images)
        scores, near = [float(one) for one in found.score], list(found.nearest)
    answers = []
    for row, score, nearest in zip(said, scores, near, strict=True):
        second, first = np.argsort(row, kind="stable")[-2:]
        answers.append(
            Answer(
                label=model.names[first],
                probability=float(row[first]),
                runner_up=model.names[second],
                runner_up_probability=float(row[second]),
                probabilities=tuple(map(float, row)),
                strangeness=score,
                nearest=nearest,
            )
        )
    return answers
