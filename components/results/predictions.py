"""What a model said of each Example that it was judged on: kept once, beside its evaluation."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from components.results.facts import Outputs
from components.results.stored import BadFacts
from modules.util.files import write_bytes

if TYPE_CHECKING:
    import numpy as np

FILE = "predictions.npz"  # arrays alone: nothing is unpickled
_EACH = "each/"
_OPTIONAL = ("probabilities", "strokes")
_ANSWERED = ("answer", "probability")


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What was said, in the order of the test images.

    Attributes:
        images: a name for the Examples: where two have the same, they were asked about the same.
        index: the Examples' places among the test images, int64 (N,), ascending.
        labels: integers, (N,).
        each: a number an Example by the name of the figure that it is the mean of, float (N,); see
            modules.contract.family.Family.each.
        probabilities: of a classifier, of each class, float32 (N, K); None of others.
        strokes: the stroke class of each, text (N,); None where nobody looked.
    """

    images: str
    index: np.ndarray
    labels: np.ndarray
    each: Mapping[str, np.ndarray]
    probabilities: np.ndarray | None = None
    strokes: np.ndarray | None = None


def write_predictions(folder: str | Path, said: Predictions) -> None:
    """Writes them beside an evaluation, whole or not at all."""
    import numpy as np

    arrays = {"images": np.array(said.images), "index": said.index, "labels": said.labels}
    for name in _OPTIONAL:
        if (values := getattr(said, name)) is not None:
            arrays[name] = values
    arrays |= {f"{_EACH}{name}": values for name, values in said.each.items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    write_bytes(Path(folder, FILE), packed.getbuffer())


def read_predictions(outputs: Outputs) -> Predictions:
    """Reads what the Evaluator kept.

    Args:
        outputs: of the Evaluator.

    Raises:
        BadFacts: it is not there, or damaged.
    """
    return read_file(Path(outputs["evaluation"][0].uri, FILE))


def read_file(file: Path) -> Predictions:
    """Reads predictions from their file; see `read_predictions`."""
    import numpy as np

    try:
        with np.load(file, allow_pickle=False) as found:
            return Predictions(
                images=str(found["images"]),
                index=found["index"],
                labels=found["labels"],
                each={
                    name.removeprefix(_EACH): found[name]
                    for name in found.files
                    if name.startswith(_EACH)
                },
                **{name: found[name] for name in _OPTIONAL if name in found.files},
            )
    except FileNotFoundError:
        raise BadFacts(
            f"there is no {file}, so this was written by an older version of the project; run "
            "the pipeline again"
        ) from None
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise BadFacts(f"{file} is damaged ({error}); run the pipeline again") from error


def to_csv(said: Predictions, classes: Sequence[str]) -> str:
    """Writes predictions as a table, a line an Example; what is not a number is empty.

    Args:
        said: of a classifier, whose table says index, label, answer and the answer's probability,
            or of another model, whose table says index, label and each figure.
        classes: their names.
    """
    figures = sorted(said.each) if said.probabilities is None else []
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(["index", "label", *(_ANSWERED if said.probabilities is not None else figures)])
    for row, (index, label) in enumerate(zip(said.index, said.labels, strict=True)):
        cells = [_written(float(said.each[name][row])) for name in figures]
        if said.probabilities is not None:
            probabilities = said.probabilities[row]
            answer = int(probabilities.argmax())
            sure = float(probabilities[answer])
            # Where it is NaN, nothing was answered.
            cells = [classes[answer] if math.isfinite(sure) else "", _written(sure)]
        table.writerow([int(index), classes[int(label)], *cells])
    return written.getvalue()


def _written(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else ""
