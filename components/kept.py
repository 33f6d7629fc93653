"""What two models said of each Example, out of TFMA's one pass over them.

A metric sees the Examples of a slice. The whole has most of them: what was said of those is kept,
in the folder of `gathered.on_disk`, where the Evaluator finds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from components.gathered import Rows, folder
from components.results.predictions import FILE, Predictions, read_file, write_predictions
from modules.contract.family import Family
from modules.data.features import INDEX, STROKE

CANDIDATE, BASELINE = "candidate", "baseline"
FEATURES = (INDEX, STROKE)  # of an Example, that are gathered beside the facts
_AMONG_FACTS = " "  # before their names there, which no fact's has


def gathered(features: Mapping[str, Any]) -> Rows:
    """What is gathered of an Example's features beside its facts, a row of each."""
    index, stroke = (np.asarray(features[name]).reshape(-1) for name in FEATURES)
    rows = {INDEX: index, STROKE: stroke.astype(np.bytes_)}  # which may have come as objects
    return {f"{_AMONG_FACTS}{name}": row for name, row in rows.items()}


def split(rows: Rows) -> tuple[Rows, Rows]:
    """What was gathered, as facts and as features."""
    features = {name: rows[f"{_AMONG_FACTS}{name}"] for name in FEATURES}
    return {n: fact for n, fact in rows.items() if not n.startswith(_AMONG_FACTS)}, features


def keep(
    family: Family,
    model: str,
    labels: np.ndarray,
    facts: Mapping[str, np.ndarray],
    features: Mapping[str, np.ndarray],
    known: np.ndarray,
    left_out: Collection[str] = (),
) -> None:
    """Keeps what a model said of a slice's Examples, unless more of them are kept already.

    Args:
        family: whose `each` is asked.
        model: its name for `find`.
        labels: integers, (N,).
        facts: about each Example, with N rows.
        features: FEATURES of each, (N,).
        known: of which Examples it said numbers, bool (N,); of the others, NaN is kept.
        left_out: figures that are not to be compared.
    """
    into, count = folder(), len(labels)
    if into is None or any(int(one.name) >= count for one in Path(into).glob(f"{model}/*")):
        return
    order = np.argsort(features[INDEX], kind="stable")
    each = _each(family, labels, facts, known) if known.any() else {}
    spec = family.evaluation
    index, labels = features[INDEX][order].astype(np.int64), labels[order]
    said = Predictions(
        images=_name(family, index, labels),
        index=index,
        labels=labels,
        each={name: values[order] for name, values in each.items() if name not in left_out},
        probabilities=facts[spec.prediction].reshape(count, -1)[order] if spec.accuracy else None,
        strokes=features[STROKE][order].astype(str),
    )
    write_predictions(Path(into, model, str(count)), said)


def _each(
    family: Family, labels: np.ndarray, facts: Mapping[str, np.ndarray], known: np.ndarray
) -> Rows:
    if known.all():
        found = family.each(labels, facts)
    else:
        found = family.each(labels[known], {name: fact[known] for name, fact in facts.items()})
    made = {name: np.full(len(labels), np.nan, np.float32) for name in found}
    for name, values in made.items():
        values[known] = found[name]
    return made


def find(model: str) -> Predictions | None:
    """What a model said of all Examples; None when there was no such model."""
    into = folder()
    found = Path(into).glob(f"{model}/*/{FILE}") if into else ()
    most = max(found, key=lambda file: int(file.parent.name), default=None)
    return read_file(most) if most else None


def _name(family: Family, index: np.ndarray, labels: np.ndarray) -> str:
    found = hashlib.sha256(family.dataset.hash.encode())
    for numbers in (index, labels):
        found.update(numbers.astype("<i8").tobytes())
    return found.hexdigest()[:16]
