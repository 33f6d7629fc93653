"""What two models said of the same Examples, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from components.gates import OVERALL
from components.results.judged import Paired
from components.results.predictions import Predictions
from modules.data.features import LABEL, STROKE

if TYPE_CHECKING:
    import numpy as np


class Pairs:
    """Two models' answers.

    Attributes:
        why_not: in words, why nothing is paired; empty where it is.
    """

    def __init__(
        self, one: Predictions | None, other: Predictions | None, classes: Sequence[str]
    ) -> None:
        """Takes what both said, the earlier model's first, and the names of the classes."""
        self._one, self._other, self._classes = one, other, list(classes)
        self.why_not = ""
        if one is None or other is None:
            self.why_not = "what a model said of each image was not kept"
        elif one.images != other.images:
            self.why_not = "the models were judged on different images"

    def pair(self, metric: str, slice_: str, rises: bool) -> Paired | None:
        """A figure of both on the same Examples; None where it is not the mean of any.

        Args:
            metric: the figure.
            slice_: such as `label=8`, or `overall`.
            rises: whether more of it is better.
        """
        import numpy as np

        from components.paired import pair

        one, other = self._one, self._other
        if self.why_not or one is None or other is None:
            return None
        if metric not in one.each or metric not in other.each:
            return None
        before, after = one.each[metric], other.each[metric]
        chosen = self._members(other, slice_) & np.isfinite(before) & np.isfinite(after)
        if not chosen.any():
            return None
        before, after = before[chosen], after[chosen]
        found = pair(after, before, rises)
        return Paired(
            metric,
            slice_,
            int(chosen.sum()),
            float(after.mean()),
            float(before.mean()),
            found.low,
            found.high,
            found.p,
            found.test,
            found.verdict,
            found.lost,
            found.won,
        )

    def _members(self, said: Predictions, slice_: str) -> np.ndarray:
        """Which Examples are of a slice, bool (N,)."""
        import numpy as np

        feature, _, value = slice_.partition("=")
        if slice_ == OVERALL:
            return np.ones(len(said.labels), bool)
        if feature == LABEL and value in self._classes:
            return said.labels == self._classes.index(value)
        if feature == STROKE and said.strokes is not None:
            return said.strokes == value
        return np.zeros(len(said.labels), bool)
