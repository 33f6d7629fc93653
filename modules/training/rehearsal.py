"""A training of a few images, to find out what a family does wrong before its real work begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from modules.contract import check
from modules.contract.family import Family, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import Values
from modules.data.splits import Split, Splits
from modules.training import keras_file

if TYPE_CHECKING:
    from collections.abc import Sequence

_IMAGES = 80
_done: set[tuple[str, str]] = set()


def rehearse(
    name: str, source: str, family: Family, values: Values, splits: Splits, files: Sequence[str]
) -> None:
    """Trains on a few images, and holds all that comes of it to the contract; once a process.

    Args:
        name: the family's.
        source: a name for the code.
        family: whose contract it is.
        values: of all hyperparameters.
        splits: what the real training reads.
        files: TFRecords, gzipped, with Examples to ask the model's evaluation about.

    Raises:
        BrokenFamily: naming the broken clauses.
    """
    if (name, source) in _done:
        return
    few = Splits(*(Split(split.images[:_IMAGES], split.labels[:_IMAGES]) for split in splits))
    batch = values.get("batch_size")
    small = {**values, "batch_size": min(batch, _IMAGES // 2)} if batch else values
    try:
        trained = family.train(small, few, TrainingRun(epochs=1, seed=1, trial=True))
    except TrainingStopped:
        return  # which is for the real training to tell
    signatures = trained.signatures(few.train.images, 1)
    check.refuse(check.broken_clauses_of_trained(family, trained, signatures), name)
    if trained.keras is not None:
        problem = keras_file.problem(trained.keras, few.held_out.images[:1])
        check.refuse(check.broken_clauses_of_saved(problem), name)
    records = tf.data.TFRecordDataset(list(files)[:1], compression_type="GZIP").take(1)
    [example] = records.batch(1)
    asked = tf.function(signatures[family.evaluation.signature].function)(example)
    # A number an Example is a row of one, as TFMA hands it over.
    facts = {
        key: tensor.numpy().reshape(1, *(tensor.shape[1:] or [1])) for key, tensor in asked.items()
    }
    figures = family.figures(few.held_out.labels[:1], facts)
    check.refuse(check.broken_clauses_of_figures(family, figures), name)
    each = family.each(few.held_out.labels[:1], facts)
    check.refuse(check.broken_clauses_of_each(family, 1, each, figures), name)
    _done.add((name, source))
