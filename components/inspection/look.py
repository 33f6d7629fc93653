"""All that is to be seen in a judged model and in its data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from components.inspection import answers, neighbours, pictures, splits
from components.results.inspection import FILE, Inspection
from components.results.predictions import Predictions
from modules.contract.check import refuse
from modules.contract.family import Family
from modules.contract.seen import broken_clauses_of_views
from modules.contract.view import Ask
from modules.data.splits import Split, Splits
from modules.util.files import write_json
from modules.util.plain import number, to_json


class OtherImages(ValueError):
    """The predictions are of other Examples than those that are there."""


def inspect(
    family: Family,
    ask: Ask,
    given: Mapping[str, Split],
    said: Predictions | None,
    folder: Path,
) -> Inspection:
    """Looks at a model and its data, and writes down what was seen.

    Args:
        family: the model's.
        ask: the model.
        given: `train`, `eval` and `test`.
        said: what a classifier said of the test images; None of others.
        folder: for inspection.json and the pictures.

    Returns:
        What was written.

    Raises:
        OtherImages: the predictions are not of the test images.
        BrokenFamily: the family's views do not keep to the contract.
    """
    dataset, test = family.dataset, given["test"]
    both = Splits(given["train"], test)
    views = family.views(ask, both)
    refuse(broken_clauses_of_views(views), type(family).__module__.rpartition(".")[2])
    near = None
    if neighbours.SAMPLE in family.served and (compared := neighbours.look(ask, both)):
        near, picture = compared
        views = [*views, picture]
    seen = None
    if said is not None:
        if not _same(said, test):
            raise OtherImages("the Evaluator judged other images than those of the test split")
        seen = answers.look(said, dataset.names, dataset.side)
    found = Inspection(
        splits=tuple(splits.facts_of(name, split, dataset) for name, split in given.items()),
        duplicates=splits.duplicates(given),
        trivial={
            name: known
            for name, value in family.trivial(both).items()
            if (known := number(value)) is not None
        },
        answers=seen,
        neighbours=near,
        pictures=pictures.write(folder, views, seen, test.images),
    )
    write_json(folder / FILE, to_json(found))
    return found


def _same(said: Predictions, test: Split) -> bool:
    """Whether the predictions' places are those of images with their labels."""
    inside = len(said.index) == 0 or said.index[-1] < len(test.labels)
    return bool(inside and np.array_equal(test.labels[said.index], said.labels))
