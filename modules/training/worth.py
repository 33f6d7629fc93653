"""Whether a search was worth it: its winner beside what it began with, over some seeds."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable, Mapping, Sequence

from modules.contract.hyperparameters import Values
from modules.training.journal import Attempt

_SURE = 0.95


@dataclasses.dataclass(frozen=True)
class Worth:
    """The winner of a search beside the values that it began with, over some seeds.

    Both are trained for as long as a trial lasts at most, on the same images, with seeds that chose
    nothing.

    Attributes:
        seeds: of the pairs; none where the winner is what the search began with.
        winner: its figure with each seed, the search's objective; None where training broke off.
        beginning: the same of what the search began with.
        gain: by how much the winner is better, the mean over the seeds; below 0 it is worse. None
            where there is no whole pair.
        spread: the standard deviation of the gain from seed to seed; None of fewer than two pairs.
        low: the lower end of the gain's 95 % interval, by Student's t; None as above.
        high: the upper end.
        cost: training images x epochs that this took, which are no part of the search's budget.
    """

    seeds: tuple[int, ...] = ()
    winner: tuple[float | None, ...] = ()
    beginning: tuple[float | None, ...] = ()
    gain: float | None = None
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    cost: int = 0

    @property
    def better(self) -> bool:
        """Whether the winner is better by more than seeds differ."""
        return self.low is not None and self.low > 0


def compare(
    winner: Values,
    beginning: Values,
    seeds: Sequence[int],
    epochs: int,
    rises: bool,
    score: Callable[[Attempt], float | None],
    cost: int,
) -> Worth:
    """Trains both with each seed.

    A search's own figure of its winner is the best of many, and so too good by chance. That is why
    these seeds are others than the search's.

    Args:
        winner: its values.
        beginning: the values that the search began with.
        seeds: of the trainings.
        epochs: of each.
        rises: whether more of the figure is better.
        score: trains, and gives the figure; None where training broke off.
        cost: of one training.
    """
    if dict(winner) == dict(beginning):
        return Worth()
    pairs = [
        tuple(score(Attempt(values, 0, epochs, seed)) for values in (winner, beginning))
        for seed in seeds
    ]
    sign = 1.0 if rises else -1.0
    gains = [sign * (won - began) for won, began in pairs if won is not None and began is not None]
    won, began = (tuple(pair[which] for pair in pairs) for which in (0, 1))
    return Worth(tuple(seeds), won, began, cost=2 * len(seeds) * cost, **_summed_up(gains))


def _summed_up(gains: Sequence[float]) -> Mapping[str, float]:
    if not gains:
        return {}
    mean = statistics.fmean(gains)
    if len(gains) == 1:
        return {"gain": mean}
    from scipy.special import stdtrit  # readers of results do not need it

    spread = statistics.stdev(gains)
    reach = float(stdtrit(len(gains) - 1, (1 + _SURE) / 2)) * spread / math.sqrt(len(gains))
    return {"gain": mean, "spread": spread, "low": mean - reach, "high": mean + reach}
