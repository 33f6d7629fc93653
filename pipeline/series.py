"""A series: several trainings of one setting that differ in their seed alone.

Each is a run of its own up to its judgement; data and search, which are the same, come from the
cache. The one that is the median on the eval split goes on to the Pusher. The test split chooses
nothing: its mean and spread are only told.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Collection, Sequence

from components.results.series import Member, Series, Spread
from components.results.stored import BadFacts
from components.results.summary import Summary, read_summary
from modules import families
from pipeline import unchanged
from pipeline.exit_codes import ExitCode
from pipeline.settings import BadSetting, Settings

TRAINER, PUSHER = "Trainer", "Pusher"


@dataclasses.dataclass(frozen=True)
class Part:
    """A run by itself, or one of a series.

    Attributes:
        settings: of the run.
        words: what it is in the series, for the screen; empty of a run by itself.
        pushes: whether it goes on to the Pusher.
        anew: the node from which on it may not be taken from the cache, when a person asks for
            that; empty for the first.
        series: what the series has come to, of the run that pushes its median.
    """

    settings: Settings
    words: str = ""
    pushes: bool = True
    anew: str = ""
    series: Series | None = None

    def key(self, source: str = "") -> str:
        """A name for all that shapes it; see unchanged.key_of."""
        if self.series is None:
            return unchanged.key_of(self.settings, source)
        seeds = len(self.series.members)
        return unchanged.key_of(_repeat(self.settings, 0), source, seeds)


def run(
    settings: Settings, seeds: int, run_part: Callable[[Part], Summary], anew: bool = False
) -> Summary:
    """Runs a series.

    Args:
        settings: of all of its runs, but for `training.repeat`.
        seeds: how many trainings; one is a run by itself.
        run_part: runs a part to its end.
        anew: what was found before does not count.

    Returns:
        The summary of the run that came last: the one that pushes the median, or one that came to
        no model, as when it was stopped.

    Raises:
        BadSetting: one of the trainings was asked for by itself as well.
    """
    if seeds == 1:
        return run_part(Part(settings))
    if settings.training.repeat:
        raise BadSetting(
            f"--seeds {seeds} trains with training.repeat from 0 to {seeds - 1}; leave out "
            f"training.repeat={settings.training.repeat}"
        )
    if not anew and (known := _last(settings, seeds)):
        return run_part(_median(settings, known))
    summaries: list[Summary] = []
    for repeat in range(seeds):
        part = Part(
            _repeat(settings, repeat),
            words=f"training {repeat + 1} of {seeds}",
            pushes=False,
            anew=TRAINER if repeat else "",
        )
        summary = run_part(part)
        ended = summary.verdict.exit_code in (ExitCode.PUSHED, ExitCode.REFUSED)
        if not ended or summary.training is None:  # the others would come no further
            return summary
        summaries.append(summary)
    return run_part(_median(settings, record(settings.family, summaries)))


def record(family: str, summaries: Sequence[Summary]) -> Series:
    """Tells what the trainings of a series came to, and chooses one.

    Args:
        family: of the models.
        summaries: of their runs, each of which has trained; at least one.
    """
    objective = families.load(family).objective
    members = tuple(_member(summary, objective.name) for summary in summaries)
    figures = dict.fromkeys(name for one in members for name in one.figures)
    spread = (_spread(name, [one.figures.get(name) for one in members]) for name in figures)
    return Series(
        objective=objective.name,
        members=members,
        chosen=choose(members, rises=objective.direction == "max").run,
        spread=tuple(one for one in spread if one),
    )


def choose(members: Collection[Member], rises: bool) -> Member:
    """The median by the objective; of an even number the less good of the two in the middle.

    Args:
        members: at least one. One that has no objective ranks last.
        rises: whether more of the objective is better.
    """

    def good(one: Member) -> float:
        if one.objective is None:
            return float("-inf")
        return one.objective if rises else -one.objective

    return sorted(members, key=good)[(len(members) - 1) // 2]


def _member(summary: Summary, objective: str) -> Member:
    evaluation, training = summary.evaluation, summary.training
    # One that was broken off has a history, too.
    history = training.history.get(objective, ()) if training and evaluation else ()
    headline = evaluation.headline if evaluation else ()
    overall = evaluation.overall if evaluation else {}
    return Member(
        run=summary.run,
        repeat=summary.settings["training"]["repeat"],
        outcome=summary.verdict.outcome,
        objective=history[-1] if history else None,
        figures={name: overall.get(name) for name in headline},
    )


def _spread(figure: str, values: Sequence[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    deviation = statistics.stdev(known) if len(known) > 1 else None
    return Spread(figure, statistics.fmean(known), deviation, len(known))


def _median(settings: Settings, found: Series) -> Part:
    return Part(
        _repeat(settings, found.median.repeat),
        words=f"the median of {len(found.members)} trainings",
        anew=PUSHER,
        series=found,
    )


def _last(settings: Settings, seeds: int) -> Series | None:
    """What the last run's series came to, if this one would come to the same."""
    if not unchanged.is_repeated(settings, unchanged.key_of(settings, seeds=seeds)):
        return None
    try:
        return read_summary(settings.summary).series
    except (BadFacts, OSError):
        return None


def _repeat(settings: Settings, repeat: int) -> Settings:
    training = dataclasses.replace(settings.training, repeat=repeat)
    return dataclasses.replace(settings, training=training)
