"""What a search came to, in sentences: why it ended, and whether it was worth it."""

from __future__ import annotations

from components.results.facts import Tuning
from components.results.numbers import SPACE, count, gap


def ended(found: Tuning) -> str:
    """Why there were no more trials; empty where nobody knows."""
    return {
        "budget": "the budget is spent",
        "time": "its time was over",
        "space": f"all {count(found.combinations or 0, 'combination')} were tried",
        "done": "it had nothing more to propose",
    }.get(found.ended, "")


def worth(found: Tuning) -> str:
    """Whether the winner is better than what the search began with by more than seeds differ;
    empty where that was not asked."""
    told = found.worth
    if told is None:
        return ""
    beside = "what it began with" if found.began else "the defaults"
    if not told.seeds:
        return f"{beside} won"
    if told.gain is None:
        return f"nobody knows if it was worth it: no seed trained both the winner and {beside}"
    by = gap(told.gain, found.objective)
    if told.spread is not None:
        by = f"{by.partition(SPACE)[0]} ± {gap(told.spread, found.objective)}"
    by = by.replace(SPACE, " ")  # not every terminal has that
    which = "better" if told.gain > 0 else "worse"
    said = f"{which} than {beside} by {by}, {count(len(told.seeds), 'seed')}"
    if not round(told.gain, 6):
        said = f"as good as {beside}, {count(len(told.seeds), 'seed')}"
    if told.spread is None:
        return f"{said}, which says nothing of how seeds differ"
    if told.better:
        return f"worth it: {said}"
    if told.high is not None and told.high < 0:
        return f"not worth it: {said}"
    return f"not more than seeds differ: {said}"


def lines(found: Tuning) -> list[str]:
    """All of it, a sentence each, for the report."""
    said = []
    if found.budget is not None:
        said.append(
            f"It took {found.spent:,} of {found.budget:,} training images × epochs"
            + (f", and ended because {why}." if (why := ended(found)) else ".")
        )
    if found.worth and (words := worth(found)):
        said.append(f"{words[:1].upper()}{words[1:]}.")
        if found.worth.cost:
            said.append(
                "For that, both were trained for as long as a trial lasts at most, on the same "
                "images, with seeds that the search did not see; ± is the standard deviation from "
                f"seed to seed. It took {found.worth.cost:,} more."
            )
    return said
