"""Two models on the same Examples: which is better, and whether the difference is more than noise.

Of what is right or wrong, McNemar's exact test: McNemar 1947, "Note on the Sampling Error of the
Difference between Correlated Proportions or Percentages". The interval of the change is Agresti and
Min's adjusted one: 2005, "Simple Improved Confidence Intervals for Comparing Matched Proportions".
Of any other number, the bootstrap of the mean difference (Efron 1979): the Examples are drawn anew,
with replacement, DRAWS times; the interval is from the 2.5th to the 97.5th percentile of the means,
and p is twice the part of them on the smaller side of 0. Each slice is tested by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from components.gates import OVERALL
from components.results.judged import BETTER, NOISE, WORSE, Paired
from components.results.predictions import Predictions
from modules.contract.evaluation import EvaluationSpec
from modules.data.features import LABEL, STROKE

MCNEMAR, BOOTSTRAP = "McNemar's exact test", "paired bootstrap"
DRAWS = 2000
_SEED = 1  # not the run's: the same two models differ by the same
_AT_ONCE = 1 << 21  # numbers that are drawn into memory
_LEVEL = 0.05
_Z = 1.959964  # of the normal distribution, whose middle 95 % are within it
_FEWEST = 2  # Examples: of one alone nothing can be said


def directions(evaluation: EvaluationSpec) -> dict[str, bool]:
    """The figures that gates stand on, and whether a larger one is better."""
    return {gate.figure: gate.at_least for gate in evaluation.gates}


def pair(
    mine: Predictions, theirs: Predictions, rises: Mapping[str, bool], names: Sequence[str] = ()
) -> list[Paired]:
    """Compares what two models said of the same Examples.

    Args:
        mine: of the model in question.
        theirs: of the one that it is compared with.
        rises: the figures that are compared, and whether a larger one is better; those that one of
            the two does not have are passed over.
        names: of the classes, for the names of slices; their numbers where they are not given.

    Returns:
        For each figure the whole, then each class, then each stroke class. Nothing when the two
        were not asked about the same Examples. An Example that has no number is left out.
    """
    if mine.images != theirs.images:
        return []
    return [
        _paired(figure, where, mine.each[figure][rows], theirs.each[figure][rows], rises[figure])
        for figure in rises
        if figure in mine.each and figure in theirs.each
        for known in [np.isfinite(mine.each[figure]) & np.isfinite(theirs.each[figure])]
        for where, of_slice in _slices(mine, names)
        for rows in [of_slice & known]
        if rows.sum() >= _FEWEST
    ]


def undefined(mine: Predictions, theirs: Predictions, figures: Iterable[str]) -> list[str]:
    """The figures of which the other model has no number where one was measured of this one."""
    return sorted(
        name
        for name in set(figures) & mine.each.keys() & theirs.each.keys()
        if (np.isfinite(mine.each[name]) & ~np.isfinite(theirs.each[name])).any()
    )


def _slices(said: Predictions, names: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    yield OVERALL, np.ones(len(said.labels), bool)
    for label in np.unique(said.labels):
        yield f"{LABEL}={names[label] if names else label}", said.labels == label
    if said.strokes is not None:
        for stroke in np.unique(said.strokes):
            yield f"{STROKE}={stroke}", said.strokes == stroke


def _paired(figure: str, where: str, mine: np.ndarray, theirs: np.ndarray, rises: bool) -> Paired:
    mine, theirs = mine.astype(np.float64), theirs.astype(np.float64)
    lost = won = None
    # Whether a larger figure is better or not: 1 is what is right.
    if np.isin(mine, (0.0, 1.0)).all() and np.isin(theirs, (0.0, 1.0)).all():
        lost, won = int((mine < theirs).sum()), int((mine > theirs).sum())
        low, high = proportions(lost, won, len(mine))
        p = mcnemar(lost, won)
    else:
        low, high, p = bootstrap(mine - theirs)
    verdict = NOISE
    if p < _LEVEL and (low > 0.0 or high < 0.0):
        verdict = BETTER if (low > 0.0) == rises else WORSE
    return Paired(
        metric=figure,
        slice=where,
        examples=len(mine),
        value=float(mine.mean()),
        baseline=float(theirs.mean()),
        low=low,
        high=high,
        p=p,
        test=BOOTSTRAP if lost is None else MCNEMAR,
        verdict=verdict,
        lost=lost,
        won=won,
    )


def mcnemar(lost: int, won: int) -> float:
    """How likely it is that two models differ so much on Examples, or more, by chance alone.

    Args:
        lost: Examples that only the other model has right.
        won: those that only this one has right.
    """
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


def proportions(lost: int, won: int, count: int) -> tuple[float, float]:
    """The 95 % interval of the difference of two parts of the same `count` Examples."""
    # Half an Example more in each of the four cells: both right, both wrong, lost and won.
    total = count + 2.0
    change = (won - lost) / total
    half = _Z * np.sqrt((lost + won + 1.0) / total - change * change) / np.sqrt(total)
    return float(max(-1.0, change - half)), float(min(1.0, change + half))


def bootstrap(differences: np.ndarray) -> tuple[float, float, float]:
    """Both ends of the 95 % interval of the mean of some differences, (N,), and p."""
    random, count = np.random.default_rng(_SEED), len(differences)
    rows = max(1, _AT_ONCE // count)
    means = np.concatenate(
        [
            differences[random.integers(0, count, (min(rows, DRAWS - start), count))].mean(axis=1)
            for start in range(0, DRAWS, rows)
        ]
    )
    low, high = (float(np.percentile(means, end)) for end in (2.5, 97.5))
    # One more than were drawn, so that it is never 0: Davison and Hinkley 1997, section 4.2.
    beyond = 1 + min((means <= 0.0).sum(), (means >= 0.0).sum())
    return low, high, float(min(1.0, 2.0 * beyond / (DRAWS + 1)))
