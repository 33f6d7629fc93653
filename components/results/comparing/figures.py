"""The figures of two runs side by side, paired where both judged the same images."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from components.gates import OVERALL
from components.results import judging
from components.results.comparing.pairs import Pairs, pair
from components.results.comparing.side import Side
from components.results.judged import BETTER, NOISE, WORSE, Paired
from components.results.measured import Measured, measured
from components.results.stored import BadFacts
from modules import families

_JUDGE = "judge"  # the note that says by whose eyes samples were read


class Row(NamedTuple):
    """A figure of both runs.

    Attributes:
        metric: the figure.
        slice: such as `label=8`, or `overall`.
        before: of the first run.
        after: of the second one.
        rises: whether more of it is better; None of one by which no model is judged.
        pair: both on the same Examples; None where that is not known.
    """

    metric: str
    slice: str
    before: Measured
    after: Measured
    rises: bool | None
    pair: Paired | None = None

    @property
    def verdict(self) -> str:
        """BETTER, WORSE or NOISE, of the second run; empty where it is not known.

        Unpaired, intervals that overlap are NOISE.
        """
        if self.pair:
            return self.pair.verdict
        one, other = self.before, self.after
        if one.low is None or one.high is None or other.low is None or other.high is None:
            return ""
        if self.rises is None:
            return ""
        if one.low <= other.high and other.low <= one.high:
            return NOISE
        return BETTER if (other.low > one.high) == self.rises else WORSE


def rows(one: Side, other: Side) -> tuple[tuple[Row, ...], str]:
    """Puts the figures of two runs side by side.

    Args:
        one: the first run.
        other: the second one.

    Returns:
        The whole first, then the slices, in each those figures first that matter most; and in
        words, why they are not paired, or "".

    Raises:
        BadFacts: there is no figure by which both models are judged.
    """
    apart = _of_other_judges(one, other)
    leading = [name for name in _leading(other) if name in _leading(one) and name not in apart]
    rises = {name: judging.rises(other.report, name) for name in leading}
    pairs = pair(one, other, rises)
    found = tuple(_rows(one, other, pairs, rises, apart))
    if not any(row.rises is not None for row in found):
        raise BadFacts(
            f"nothing can be compared: there is no figure by which both models are judged, "
            f"{one.family} in {one.folder} and {other.family} in {other.folder}"
        )
    return found, pairs.why_not


def leading_row(found: Collection[Row]) -> Row:
    """The row that says which run is better: paired if there is one."""
    judged = [row for row in found if row.rises is not None and row.slice == OVERALL]
    return next((row for row in judged if row.pair), judged[0])


def _leading(side: Side) -> list[str]:
    """The figures by which a model is judged, those of the headline first."""
    return list(dict.fromkeys((*side.evaluation.headline, *side.evaluation.gated)))


def _of_other_judges(one: Side, other: Side) -> Collection[str]:
    """The figures that two judges made, who cannot be compared."""
    if one.evaluation.notes.get(_JUDGE) == other.evaluation.notes.get(_JUDGE):
        return ()
    specs = [families.load(side.family).evaluation for side in (one, other)]
    names = other.evaluation.classes
    return {figure for spec in specs for figure in spec.for_classes(names).by_judge}


def _rows(
    one: Side, other: Side, pairs: Pairs, rises: Mapping[str, bool], apart: Collection[str]
) -> Iterator[Row]:
    for slice_, figures in other.evaluation.whole_and_slices.items():
        others = [] if slice_ != OVERALL else [name for name in figures if name not in apart]
        for name in dict.fromkeys((*rises, *others)):
            if name == "example_count":
                continue
            before, after = (
                measured(side.evaluation, side.family, name, slice_) for side in (one, other)
            )
            if before and after:
                found = pairs.of.get((name, slice_))
                yield Row(name, slice_, before, after, rises.get(name), found)
