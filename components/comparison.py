"""What of a candidate can be compared with the last blessed model.

Both are asked about the same Examples before TFMA is, which subtracts whatever has one name. The
last blessed model may have another shape, another judge or fewer outputs, or be broken: figures
that mean something else are left out, and a model that cannot be asked is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from components.gathered import Rows, finite_rows
from modules.contract.family import Family
from modules.training.export import CLASS_NAMES

_BATCH = 500
_SEEN_ALIKE = 1e-2  # of a fact's largest value; another judge sees something else altogether
_PARTLY = "not compared with the last blessed model"
_NOTHING = "nothing is compared with the last blessed model"
_NAMED = 3  # figures, in a note
_LONGEST = 160  # characters of someone else's message
# What says nothing about a model, but about the machine that it is asked on.
_SURROUNDINGS = (
    MemoryError,
    tf.errors.CancelledError,
    tf.errors.PermissionDeniedError,
    tf.errors.ResourceExhaustedError,
    tf.errors.UnavailableError,
)


class Comparison(NamedTuple):
    """How a candidate is compared with the last blessed model.

    Attributes:
        possible: whether there is one to compare with.
        left_out: figures that cannot be compared.
        lacking: the facts that the last blessed model does not give, or in another form: to be
            taken as zeros of that shape and type, since `left_out` has all that rests on them.
        note: for people, why something is not compared; empty when everything is.
    """

    possible: bool = True
    left_out: tuple[str, ...] = ()
    lacking: Mapping[str, tuple[tuple[int, ...], str]] = {}
    note: str = ""

    def filled(self, facts: Mapping[str, np.ndarray], count: int) -> Rows:
        """What the last blessed model said of `count` Examples, with zeros for what is lacking."""
        blank = {name: np.zeros((count, *row), kind) for name, (row, kind) in self.lacking.items()}
        return {**facts, **blank}

    def without(self, figures: Iterable[str], why: str) -> Comparison:
        """The same, without some more figures; `why` is for the note."""
        more = f"{_some(figures)} ({why})"
        note = f"{self.note}; {more}" if self.note else f"{_PARTLY}: {more}"
        return self._replace(left_out=(*self.left_out, *figures), note=note)


class _Unfit(Exception):
    """The last blessed model cannot be compared with at all; the message says why."""


def compare(
    family: Family, candidate: str, baseline: str, records: Sequence[bytes], labels: np.ndarray
) -> Comparison:
    """Finds out what can be compared.

    Args:
        family: of both models.
        candidate: the folder of a SavedModel.
        baseline: that of the last blessed model; it may be broken, or no longer there.
        records: serialized tf.Examples to ask both about, at least one.
        labels: of these, integers (N,).
    """
    try:
        mine, names = _facts(family, candidate, records)
        known = finite_rows(mine, family.evaluation.unmeasured)
        if not known.any():
            return Comparison(possible=False, note=f"{_NOTHING}: the candidate answers no number")
        mine, labels = _rows(mine, known), labels[known]
        measured = family.figures(labels, mine)
    except _SURROUNDINGS:
        raise
    except Exception:  # what is wrong with the candidate is found out where it is judged
        return Comparison()
    try:
        theirs, their_names = _their_facts(family, baseline, records)
        if names and their_names and names != their_names:
            raise _Unfit("knows other classes")
        if any(len(said) != len(known) for said in theirs.values()):
            raise _Unfit("does not answer each example")
        theirs = _rows(theirs, known)
        _check_numbers(mine, theirs)
        return _compare(family, labels, mine, theirs, measured)
    except _Unfit as unfit:
        return Comparison(possible=False, note=f"{_NOTHING}, which {unfit}")


def _rows(facts: Rows, chosen: np.ndarray) -> Rows:
    return {name: fact[chosen] for name, fact in facts.items()}


def _their_facts(
    family: Family, baseline: str, records: Sequence[bytes]
) -> tuple[Rows, tuple[bytes, ...]]:
    try:
        return _facts(family, baseline, records)
    except _SURROUNDINGS:
        raise
    except Exception as error:  # whatever it raises, the candidate has answered in the same way
        raise _Unfit(f"cannot be asked ({_words(error)})") from error


def _facts(family: Family, folder: str, records: Sequence[bytes]) -> tuple[Rows, tuple[bytes, ...]]:
    """What a model says of each Example, and the names of its classes where it knows them."""
    model = tf.saved_model.load(folder)
    asked = family.evaluation.signature
    if asked not in model.signatures:
        raise LookupError(f"it has no signature '{asked}'")
    signature = model.signatures[asked]
    [given] = signature.structured_input_signature[1]
    parts = [
        signature(**{given: tf.constant(records[start : start + _BATCH])})
        for start in range(0, len(records), _BATCH)
    ]
    facts = {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}
    names: tuple[bytes, ...] = ()
    if CLASS_NAMES in model.signatures:
        places = tf.range(family.dataset.classes, dtype=tf.int64)
        try:
            names = tuple(model.signatures[CLASS_NAMES](classes=places)["names"].numpy())
        except tf.errors.InvalidArgumentError:
            names = (b"fewer",)
    return facts, names


def _check_numbers(mine: Rows, theirs: Rows) -> None:
    for name, said in theirs.items():
        if said.dtype.kind != "f" or name not in mine:
            continue
        known = np.isfinite(mine[name])
        if known.shape != said.shape:
            known = np.full(said.shape, known.all())
        if not np.isfinite(said)[known].all():
            raise _Unfit(f"answers NaN or infinity ({name})")


def _compare(
    family: Family, labels: np.ndarray, mine: Rows, theirs: Rows, measured: Mapping[str, Any]
) -> Comparison:
    spec = family.evaluation.for_classes(family.dataset.names)
    missing = sorted(set(mine) - set(theirs))
    other = [n for n in mine if n in theirs and mine[n].shape != theirs[n].shape]
    if spec.prediction in (*missing, *other):
        raise _Unfit(f"gives no {spec.prediction} of the same shape")
    if not spec.prediction and len(theirs) == 1 < len(mine):
        # TFMA drops the name of a single output.
        raise _Unfit(f"gives no {', '.join(missing)}")
    # A sum over what has another shape can be compared all the same.
    for lacking in (missing, [*missing, *other]):
        blank = {name: (mine[name].shape[1:], str(mine[name].dtype)) for name in lacking}
        filled = Comparison(lacking=blank).filled(theirs, len(labels))
        try:
            found = family.figures(labels, filled)
            instead = family.figures(labels, {**filled, **{n: mine[n] for n in lacking}})
        except Exception:  # facts of another form: it could be any
            continue
        break
    else:
        raise _Unfit("gives facts of another form")
    names = (*spec.figures, *spec.by_class)
    reasons: dict[str, Callable[[str], bool]] = {
        f"it gives no {', '.join(lacking)}": lambda name: not _same(found[name], instead[name]),
        "of another shape": lambda name: np.shape(found[name]) != np.shape(measured[name]),
    }
    if spec.sight and not _seen_alike(mine[spec.sight], theirs.get(spec.sight)):
        reasons["read by another judge"] = lambda name: name in spec.by_judge
    left_out = {why: [name for name in names if test(name)] for why, test in reasons.items()}
    every = tuple(dict.fromkeys(name for some in left_out.values() for name in some))
    if len(every) == len(names):
        raise _Unfit(f"has other figures ({'; '.join(why for why in left_out if left_out[why])})")
    told = [f"{_some(some)} ({why})" for why, some in left_out.items() if some]
    return Comparison(
        left_out=every, lacking=blank, note=f"{_PARTLY}: {'; '.join(told)}" if told else ""
    )


def _seen_alike(mine: np.ndarray, theirs: np.ndarray | None) -> bool:
    if theirs is None or mine.shape != theirs.shape:
        return False
    return bool(np.allclose(mine, theirs, rtol=0.0, atol=_SEEN_ALIKE * float(np.abs(mine).max())))


def _same(one: Any, other: Any) -> bool:
    return np.shape(one) == np.shape(other) and bool(np.array_equal(one, other, equal_nan=True))


def _some(names: Iterable[str]) -> str:
    names = list(names)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _words(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
