"""Says which of two ways to schedule the rungs of a search chooses better."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scripts.record_curves import SCHEDULE
from scripts.replay import JUDGED_BY, OBJECTIVE, RUNGS, Record

_RESAMPLES = 2_000
_NAMES = {
    SCHEDULE: "one schedule to the last epoch",
    RUNGS: "a schedule that ends at the rung",
}


class Rung(NamedTuple):
    """What the eval split says of configurations at a rung, and what they come to.

    Attributes:
        seen: accuracy on the eval split at the rung; float, (..., N).
        comes_to: accuracy on the third part after one whole training; (..., N).
    """

    seen: np.ndarray
    comes_to: np.ndarray

    def correlation(self) -> np.ndarray:
        """Spearman's rank correlation; float, (...)."""
        ranks = [_ranks(part) for part in self]
        one, other = (part - part.mean(axis=-1, keepdims=True) for part in ranks)
        norms = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
        return np.asarray((one * other).sum(axis=-1) / norms)

    def regret(self, kept: int = 1) -> float:
        """How far the best of those that are kept falls short of the best of all; of (N,)."""
        best_first = np.argsort(-self.seen, kind="stable")[:kept]
        return float(self.comes_to.max() - self.comes_to[best_first].max())

    def of(self, places: np.ndarray) -> Rung:
        """Some of the configurations, or several draws of them; of (N,)."""
        return Rung(self.seen[places], self.comes_to[places])


def _ranks(numbers: np.ndarray) -> np.ndarray:
    """Ranks within each row, equal ones sharing the mean of theirs; float, (..., N)."""
    each, others = numbers[..., :, None], numbers[..., None, :]
    below, equal = (others < each).sum(axis=-1), (others == each).sum(axis=-1)
    return np.asarray(below + (equal + 1) / 2)


def rungs_of(record: Record, way: str, epoch: int) -> Rung:
    """The configurations that were trained in both ways, at a rung of one of them."""
    seen, comes_to = [], []
    for values in record.configurations(RUNGS):
        whole, curve = record.curve(values)[JUDGED_BY], record.curve(values, way)[OBJECTIVE.name]
        if len(whole) == record.rungs[-1] and len(curve) == record.rungs[-1]:
            seen.append(curve[epoch - 1])
            comes_to.append(whole[-1])
    return Rung(np.array(seen), np.array(comes_to))


def difference(one: Rung, other: Rung, seed: int = 0) -> tuple[float, float, float]:
    """By how much the rank correlation of one is higher, and its 95 % bootstrap interval.

    The same configurations are drawn for both, since they are the same.
    """
    count = len(one.seen)
    drawn = np.random.default_rng(seed).integers(0, count, (_RESAMPLES, count))
    found = one.of(drawn).correlation() - other.of(drawn).correlation()
    low, high = np.percentile(found, [2.5, 97.5])
    return float(one.correlation() - other.correlation()), float(low), float(high)


def halved(record: Record, way: str, seed: int = 0) -> np.ndarray:
    """What a bracket's winner falls short by of the best that it began with; float, (draws,).

    A bracket begins with some of the configurations that were trained in both ways, as many as
    leave one for the last rung, and at each rung it keeps one in so many. The same are drawn for
    each way.
    """
    rungs = [rungs_of(record, way, epoch) for epoch in record.rungs[:-1]]
    factor, count = _factor(record), len(rungs[0].seen)
    some = np.random.default_rng(seed).random((_RESAMPLES, count)).argsort(axis=1)
    left = some[:, : factor ** len(rungs)]
    best = rungs[0].comes_to[left].max(axis=1)
    for rung in rungs:
        order = np.argsort(-rung.seen[left], axis=1, kind="stable")
        left = np.take_along_axis(left, order[:, : left.shape[1] // factor], axis=1)
    return np.asarray(best - rungs[0].comes_to[left[:, 0]])


def _factor(record: Record) -> int:
    return record.rungs[-1] // record.rungs[-2]


def schedules(record: Record) -> list[str]:
    """A table in Markdown: a row for each rung and way, and a line for their difference."""
    factor = _factor(record)
    kept = f"of the best of 1 in {factor}"
    lines = [
        f"| rung | schedule | rank correlation | regret of the best | {kept} |",
        "|---|---|---|---|---|",
    ]
    told = []
    for epoch in record.rungs[:-1]:
        rungs = {way: rungs_of(record, way, epoch) for way in (SCHEDULE, RUNGS)}
        for way, rung in rungs.items():
            some = -(-len(rung.seen) // factor)
            lines.append(
                f"| {_epochs(epoch)} | {_NAMES[way]} | {rung.correlation():.3f} "
                f"| {100 * rung.regret():.2f} | {100 * rung.regret(some):.2f} |"
            )
        gain, low, high = difference(rungs[SCHEDULE], rungs[RUNGS])
        told.append(
            f"After {_epochs(epoch)}, one schedule's rank correlation differs from the other's "
            f"by {gain:+.3f} (95 % interval {low:+.3f} to {high:+.3f})."
        )
    one, other = (halved(record, way) for way in (SCHEDULE, RUNGS))
    told.append(
        f"In {_RESAMPLES:,} brackets of {factor ** (len(record.rungs) - 1)} of them, drawn at "
        f"random, the winner falls short of the best by {100 * one.mean():.2f} points on the mean "
        f"with one schedule, and by {100 * other.mean():.2f} with schedules that end at the rungs; "
        f"the first does better in {np.mean(one < other):.0%} of them, the other in "
        f"{np.mean(other < one):.0%}."
    )
    return [*lines, "", " ".join(told)]


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"
