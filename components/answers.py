"""What is wrong with the answers of a served model: a failure for each thing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from components.ask_model import Tensors
from components.gates import MUST, OVERALL, Failure
from components.gathered import finite_rows
from components.questions import BACKWARDS, Served, label_of, question_of
from modules.contract.family import Output
from modules.training.export import CLASS_NAMES

SERVING_CHECK = "ServingCheck"  # the node that says no
DEFAULT = "serving_default"
TOLERANCE = 1e-4  # between answers that should be the same; operations are fused differently
CHANCE = 1e-3  # that a model that is as good as the Evaluator says answers so few rightly


def failure(signature: str, words: str, examples: int) -> Failure:
    """A signature that cannot be served, and why."""
    said = f"cannot be served: {words}"
    return Failure(SERVING_CHECK, signature, OVERALL, None, MUST, None, examples, said)


def compare(wanted: Tensors, got: Tensors) -> list[Failure]:
    """Says in what two sets of answers differ.

    Args:
        wanted: signature -> output -> array, from this process.
        got: the same from the server's.

    Returns:
        A failure a difference; none when they agree.
    """
    return [
        failure(signature, words, len(array))
        for signature, outputs in wanted.items()
        for name, array in outputs.items()
        if (words := _difference(name, array, got.get(signature, {}).get(name)))
    ]


def _difference(name: str, wanted: np.ndarray, got: np.ndarray | None) -> str:
    if got is None:
        return f"it does not answer with '{name}'"
    if got.shape != wanted.shape:
        return f"its {name} is {got.shape}, not {wanted.shape}"
    if wanted.dtype == object:  # byte strings
        return "" if (got == wanted).all() else f"its {name} is not the same"
    if bad := len(got) - int(finite_rows({name: got}, ()).sum()):
        return f"its {name} is not finite for {bad} of {len(got)} examples"
    gap = float(np.abs(got - wanted).max(initial=0.0))
    return f"its {name} is off by {gap:.2g}" if not gap <= TOLERANCE else ""


def _comparable(array: np.ndarray) -> bool:
    """Whether nothing has been said of it yet: what is not finite is, by `compare`."""
    return array.dtype == object or bool(np.isfinite(array).all())


def unsteady(answers: Tensors, requests: Tensors) -> list[Failure]:
    """Says which signatures do not answer the same to the same, or the same to whatever.

    Args:
        answers: also to what was asked backwards.
        requests: the first questions, a signature each.
    """
    found = []
    for signature, inputs in requests.items():
        again = answers[f"{signature}{BACKWARDS}"]
        usable = {k: v for k, v in answers[signature].items() if _comparable(v)}
        count = len(next(iter(inputs.values())))
        for name, array in usable.items():
            if words := _difference(name, array, again[name][::-1]):
                said = f"{words} when it is asked again, in another order"
                found.append(failure(signature, said, count))
        seeds = [key for key, array in inputs.items() if array.dtype == np.int64]
        if seeds and signature != CLASS_NAMES and usable:
            rows = {b"".join(v[place].tobytes() for v in usable.values()) for place in range(count)}
            if len(rows) < count:
                kinds = f"{len(rows)} different answer{'s' * (len(rows) > 1)}"
                said = f"it gives only {kinds} to {count} different {seeds[0]}"
                found.append(failure(signature, said, count))
    return found


def unlike(answers: Tensors, served: Served) -> list[Failure]:
    """Says which outputs differ that answer the same question."""
    found = []
    for first, *others in served.same:
        wanted = _answer(answers, first)
        for output in others:
            got = _answer(answers, output)
            if wanted is None or got is None or not _comparable(wanted):
                continue  # which is told elsewhere
            if output.of is None and not _comparable(got):
                continue
            if words := _difference(output.name, wanted, got):
                about = f", asked about {output.of}," if output.of else ""
                said = f"{words}{about} from {first} for the same examples"
                found.append(failure(output.signature, said, len(wanted)))
    return found


def _answer(answers: Tensors, output: Output) -> np.ndarray | None:
    return answers.get(question_of(output), {}).get(output.name)


def other_names(answers: Tensors, served: Served, count: int) -> list[Failure]:
    """Says whether the classes are called something else than in the data."""
    said = answers.get(CLASS_NAMES, {}).get("names", np.array([], object))
    if CLASS_NAMES not in served.signatures or tuple(n.decode() for n in said) == served.names:
        return []
    return [failure(CLASS_NAMES, "its names are not those of the data", count)]


def too_few_right(
    answers: Tensors, serialized: Sequence[bytes], served: Served, accuracy: float | None
) -> list[Failure]:
    """Says whether a classifier is right less often than it can be if it is what was judged.

    Args:
        answers: of the server's process.
        serialized: the Examples that serving_default was asked about.
        served: what the model has to answer.
        accuracy: what the Evaluator found, from 0 to 1; None when it found none.
    """
    said = answers.get(DEFAULT, {}).get(served.prediction)
    if said is None or accuracy is None or not _comparable(said):
        return []
    count = len(serialized)
    labels = [label_of(example) for example in serialized]
    right = int((said.reshape(count, -1).argmax(axis=1) == labels).sum())
    least = int(stats.binom.ppf(CHANCE, count, accuracy))
    if right >= least:
        return []
    words = (
        f"it is right on {right} of {count} examples, where a model with the Evaluator's "
        f"{served.figure} of {accuracy:.4g} is right on {least} at least"
    )
    return [failure(DEFAULT, words, count)]
