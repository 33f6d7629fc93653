"""The model of a run, to be asked. Takes TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from components.asking import load
from components.results.models import trained
from components.results.stored import BadFacts
from modules.contract.artifact import SERVING
from pipeline.api.errors import NotThere

if TYPE_CHECKING:
    from pipeline.api.found import Results

_CLASSIFY, _DRAW = "serving_images", "sample"


class Exported:
    """The exported model of a run.

    Raises:
        NotThere: it was never made, or removed.
    """

    def __init__(self, of: Results) -> None:
        self._of = of
        self._ask = load(_folder(of))

    def predict(self, images: Any) -> pd.DataFrame:
        """See `Results.predict`."""
        dataset = self._of.summary.settings["dataset"]
        found = self._answer(
            _CLASSIFY,
            "says of no image what it shows; let it draw by .sample()",
            images=as_images(images, dataset["side"]),
        )
        return pd.DataFrame(
            found["probabilities"],
            index=pd.RangeIndex(len(found["probabilities"]), name="image"),
            columns=pd.Index(self._of.classes, name="class"),
        )

    def sample(self, count: int, seed: int) -> np.ndarray:
        """See `Results.sample`."""
        seeds = np.arange(seed, seed + count, dtype=np.int64)
        return self._answer(_DRAW, "draws nothing; ask it by .predict(images)", seeds=seeds)[
            "images"
        ]

    def _answer(self, signature: str, otherwise: str, **inputs: np.ndarray) -> Mapping[str, Any]:
        try:
            return self._ask(signature, **inputs)
        except KeyError:
            raise NotThere(f"a {self._of.model} {otherwise}", self._of) from None


def as_images(images: Any, side: int) -> np.ndarray:
    """Reads what is meant as images, uint8 (N, S, S).

    Args:
        images: an array, or what NumPy makes one of.
        side: S.

    Raises:
        ValueError: says what is expected, and what was given.
    """
    wanted = f"images are whole numbers from 0 to 255 in an array of (N, {side}, {side})"
    try:
        found = np.asarray(images)
    except ValueError as error:
        raise ValueError(f"{wanted}; these are of several shapes ({error})") from None
    if found.shape[1:] != (side, side):
        one = found.shape == (side, side)
        raise ValueError(f"{wanted}, not {found.shape}{'; for one, give images[None]' * one}")
    if not np.issubdtype(found.dtype, np.integer):
        raise ValueError(
            f"{wanted}, not {found.dtype}; what is from 0 to 1 becomes so by "
            "(255 * images).round().astype('uint8')"
        )
    if found.size and (found.min() < 0 or found.max() > 255):
        raise ValueError(f"{wanted}; these are from {found.min()} to {found.max()}")
    return found.astype(np.uint8)


def keras_model(of: Results) -> Any:
    """See `Results.keras_model`."""
    training = of.summary.training
    file = of.output / training.keras if training and training.keras else None
    if file is None or not file.is_file():
        why = "" if file is None else f": {file} is not there any more"
        raise NotThere(f"run {of.name} has no model of Keras's{why}", of)
    import keras

    import modules.networks.registered  # noqa: F401 - Keras has to know the classes

    return keras.models.load_model(file)


def _folder(of: Results) -> Path:
    """Where the run's exported model is: among the artifacts or, after pruning, where it serves."""
    try:
        return trained(of.output, of.folder.name).folder
    except BadFacts as error:
        pushed = Path(of.summary.pushed or "")
        folder = of.output / SERVING / of.model / pushed.name
        if of.summary.pushed and folder.is_dir():
            return folder
        raise NotThere(str(error), of) from None
