"""The sentences of a comparison."""

from __future__ import annotations

from components.gates import OVERALL
from components.results import words
from components.results.comparing.comparison import Comparison
from components.results.comparing.figures import Row, leading_row
from components.results.judged import BETTER, NOISE, WORSE, Paired
from components.results.measured import Measured
from components.results.numbers import count, duration, number, title
from components.results.words import BAD, GOOD, PLAIN, Said

_HEADS = {
    BETTER: "B is better than A, by more than noise",
    WORSE: "B is worse than A, by more than noise",
    NOISE: "A and B differ by not more than noise",
    "": "Which one is better is not known",
}
_WIDE = "Only where the two intervals do not overlap is a difference told from noise."
_LEVEL = 0.05  # of significance
_MANY = 10  # slices, of which one may well differ by chance
_TONES = {BETTER: GOOD, WORSE: BAD}


def verdict(found: Comparison) -> Said:
    """Which run is better, and by how much."""
    row = leading_row(found.rows)
    lines = [figure(row)]
    if found.unpaired:
        lines.append(f"Not paired, since {found.unpaired}. {_WIDE}")
    elif not row.pair:
        lines.append(
            f"Not paired, since this figure is not the mean of one number an image. {_WIDE}"
        )
    return Said(_TONES.get(row.verdict, PLAIN), _HEADS[row.verdict], tuple(lines))


def figure(row: Row) -> str:
    """A figure of both runs in a sentence."""
    where = "" if row.slice == OVERALL else f" on {row.slice}"
    before, after = (number(one.value, row.metric) for one in (row.before, row.after))
    name = f"{title(row.metric)}{where}"
    name = name[:1].upper() + name[1:]
    if row.pair:
        told = f"{_change(row.pair)}{words.test(row.pair)}"
        return f"{name} is {before} in A and {after} in B; paired: {told}."
    intervals = " and ".join(filter(None, map(lambda one: interval(one, row.metric), row[2:4])))
    told = f", 95 % intervals {intervals}" if intervals else ""
    return f"{name} is {before} in A and {after} in B{told}."


def _change(pair: Paired) -> str:
    """By how much a figure changed, where it counts nothing."""
    if pair.lost is not None:
        return ""
    low, high = (number(x, pair.metric, signed=True) for x in (pair.low, pair.high))
    change = number(pair.change, pair.metric, signed=True)
    return f"{change} (95 % interval {low} to {high}) on {pair.examples:,} images; "


def interval(one: Measured, metric: str) -> str:
    """Both ends of a figure's 95 % interval; empty where they are not known."""
    if one.low is None or one.high is None:
        return ""
    return f"{number(one.low, metric)} to {number(one.high, metric)}"


def ends(found: Comparison) -> Said:
    """How each run ended."""
    said = [words.verdict(side.report) for side in (found.one, found.other)]
    outcomes = [side.summary.verdict.outcome for side in (found.one, found.other)]
    told = tuple(
        f"{name}: {one.head}. {' '.join(one.lines[:1])}".strip()
        for name, one in zip("AB", said, strict=True)
    )
    same = outcomes[0] == outcomes[1]
    head = f"Both: {outcomes[0]}" if same else f"A: {outcomes[0]}; B: {outcomes[1]}"
    return Said(PLAIN, head, told)


def slices(found: Comparison) -> Said:
    """The slices that differ by more than noise, those with the smallest p first."""
    metric = leading_row(found.rows).metric
    asked = [row for row in found.rows if row.metric == metric and row.slice != OVERALL]
    apart = [row for row in asked if row.verdict in (BETTER, WORSE)]
    apart.sort(key=lambda row: row.pair.p if row.pair else 0.0)
    if not asked:
        return Said(PLAIN, "No slice of both was measured")
    head = f"{count(len(apart), 'slice differs', 'slices differ')} by more than noise"
    lines = [figure(row) for row in apart]
    if apart and len(asked) >= _MANY:
        lines.append(f"Of {len(asked)} slices, about {len(asked) * _LEVEL:.0f} would by chance.")
    return Said(PLAIN, f"{head}, of {len(asked)}", tuple(lines))


def changed(found: Comparison) -> Said:
    """What the runs were made of that is not the same."""
    if not found.changes:
        return Said(PLAIN, "Nothing", ("Data, code, settings and libraries are the same.",))
    lines = (
        f"{one.kind} {one.name}: {one.before or '(none)'} → {one.after or '(none)'}"
        for one in found.changes
    )
    return Said(PLAIN, count(len(found.changes), "difference"), tuple(lines))


def cost(found: Comparison) -> Said:
    """What making each model took, whichever run did it."""
    told = []
    for name, side in (("A", found.one), ("B", found.other)):
        nodes = side.summary.nodes
        taken = sum(max(node.took, node.seconds) for node in nodes)
        cached = sum(node.state == "cached" for node in nodes)
        told.append(f"{name}: {duration(taken)}" + (f", {cached} cached" if cached else ""))
    return Said(PLAIN, "; ".join(told), ())
