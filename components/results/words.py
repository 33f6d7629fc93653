"""The sentences of the first screen: page and Markdown say the same, in the same words."""

from __future__ import annotations

from typing import NamedTuple

from components.gates import CHANGE, MUST, OVERALL, Failure
from components.results import judging
from components.results.facts import BASELINE
from components.results.judged import BETTER, NOISE, WORSE, Paired, Threshold
from components.results.numbers import count, duration, gap, interval, number, probability, title
from components.results.report import Report
from components.results.summary import JUDGED

GOOD, BAD, STOPPED, PLAIN = "good", "bad", "stopped", "plain"
PUSHED, REFUSED, UNFINISHED = "pushed", "refused", "unfinished"
_INTERRUPTED = ("interrupted", "hangup", "terminated", "killed", UNFINISHED)
_LONGEST = 60  # letters of what is different
_WORTH = 0.01  # of the time: a node that took less is not told of
_HEADS = {
    BETTER: "Better than the last blessed model, by more than noise",
    WORSE: "Worse than the last blessed model, by more than noise",
    NOISE: "Same as the last blessed model: the difference is not more than noise",
}


class Said(NamedTuple):
    """A few words, then sentences.

    Attributes:
        tone: GOOD, BAD, STOPPED or PLAIN.
        head: the words.
        lines: the sentences; the first matters most.
    """

    tone: str
    head: str
    lines: tuple[str, ...] = ()


def name(report: Report) -> str:
    """What was run: "transformer on mnist, profile default, seed 1"."""
    settings = report.summary.settings
    origin = (settings.get("dataset") or {}).get("origin", "")
    model = str(settings.get("model", "run"))
    parts = [f"{model} on {origin}" if origin else model]
    if "profile" in settings:
        parts.append(f"profile {settings['profile']}")
    parts.append(f"seed {report.summary.seed}")
    if repeat := settings.get("training", {}).get("repeat"):
        parts.append(f"repeat {repeat}")
    return ", ".join(parts)


def verdict(report: Report) -> Said:
    """Whether the model is served, and the binding reason with its margin."""
    said = report.summary.verdict
    if said.outcome == PUSHED:
        version = (report.summary.pushed or said.reason).rstrip("/").rpartition("/")[2]
        return Said(GOOD, f"Served: pushed as version {version}", _room(report))
    if said.outcome == REFUSED:
        gates = list(dict.fromkeys(failure.gate for failure in said.failures))
        by = f" by {gates[0]}" if gates else ""
        return Said(BAD, f"Not served: refused{by}", _refusal(report))
    if said.outcome == JUDGED:
        return Said(PLAIN, "Judged: one of several seeds", (_begun(said.reason),))
    if said.outcome in _INTERRUPTED:
        done = [node.node for node in report.summary.nodes if node.state in ("done", "cached")]
        where = f" after {done[-1]}" if done else ""
        how = "not finished" if said.outcome == UNFINISHED else f"stopped{where}"
        return Said(STOPPED, f"Not served: {how}", (_begun(said.reason),))
    node, _, reason = said.reason.partition(": ")
    if reason and node in {one.node for one in report.summary.nodes}:
        return Said(BAD, f"Not served: {node} failed", (_begun(reason),))
    return Said(BAD, f"Not served: {said.outcome.replace('_', ' ')}", (_begun(said.reason),))


def _room(report: Report) -> tuple[str, ...]:
    found = judging.tightest(report)
    if not found:
        return ("Every gate let it pass.",)
    asked = count(len(judging.thresholds(report)), "threshold is met", "thresholds are met")
    return (f"The tightest threshold: {threshold(found)}", f"All {asked}.")


def _refusal(report: Report) -> tuple[str, ...]:
    said = report.summary.verdict
    if not said.failures or said.failures[0].kind == MUST:
        # The verdict's own words may say more, such as how to accept what was reached.
        return (_begun(said.reason),)
    first = said.failures[0]
    lines = [_begun(failed(report, first))]
    others = len(said.failures) - 1
    if others:
        lines.append(f"{count(others, 'more threshold is', 'more thresholds are')} not met.")
    return tuple(lines)


def failed(report: Report, failure: Failure) -> str:
    """A demand that was not met, with all that is known of it."""
    found = judging.behind(report, failure)
    return threshold(found) if found else str(failure)


def threshold(one: Threshold) -> str:
    """A threshold in a sentence: value, bound, margin, interval, Examples."""
    where = "" if one.slice == OVERALL else f" on {one.slice}"
    examples = count(one.examples, "example")
    if one.value is None or one.margin is None:
        return f"{title(one.metric)}{where} could not be measured ({examples})."
    changes = one.kind == CHANGE
    value, bound = (number(x, one.metric, signed=changes) for x in (one.value, one.bound))
    if changes:
        text = f"{title(one.metric)}{where} changed by {value}, {bound} is allowed"
    else:
        text = f"{title(one.metric)}{where} is {value}, {one.kind} {bound} is needed"
    text += f": {gap(one.margin, one.metric)} {_side(one)}"
    text += f" ({_interval(one)}{examples})"
    more = one.words
    if one.unsure and not more:
        turn = "refused it" if one.passed else "let it pass"
        more = f"its interval holds the bound: other images could have {turn}"
    return _sentence(f"{text}; {more}" if more else text)


def _side(one: Threshold) -> str:
    margin = one.margin or 0.0
    if not one.passed:
        return "short" if one.rises else "too much"
    if margin < 0.0:
        return "beyond it"
    room = judging.room(one)
    if room is None:
        return "to spare"
    if room < 1.0:
        return "to spare, less than its uncertainty"
    return f"to spare, {number(round(room, 1))} times its uncertainty"


def _interval(one: Threshold) -> str:
    if one.low is None or one.high is None:
        return ""
    ends = interval(one.low, one.high, one.metric, signed=one.kind == CHANGE)
    return f"95 % interval {ends}, "


def baseline(report: Report) -> Said:
    """Better, same or worse than the last blessed model, and whether it is more than noise."""
    found = report.summary.evaluation
    if found is None:
        return Said(PLAIN, "Not compared", ("The run did not come as far as the Evaluator.",))
    pairs = judging.leading_pairs(report)
    if not pairs:
        why = str(found.notes.get(BASELINE, "")) or (
            "What it said of each example is not known."
            if found.baseline
            else "There is no earlier blessed model to compare with."
        )
        return Said(PLAIN, "Not compared with an earlier model", (_sentence(why),))
    tone = {BETTER: GOOD, WORSE: BAD}.get(pairs[0].verdict, PLAIN)
    return Said(tone, _HEADS.get(pairs[0].verdict, pairs[0].verdict), tuple(map(pair, pairs)))


def pair(one: Paired) -> str:
    """A figure beside that of the last blessed model, with what tells a change from noise."""
    value, before = number(one.value, one.metric), number(one.baseline, one.metric)
    text = f"{title(one.metric)} {value}, before {before}"
    if one.lost is not None:
        return _sentence(f"{text}: {test(one)}: {_noise(one)}")
    ends = interval(one.low, one.high, one.metric, signed=True)
    change = number(one.change, one.metric, signed=True)
    return _sentence(f"{text}: {change} (95 % interval {ends}; {test(one)}): {_noise(one)}")


def test(one: Paired) -> str:
    """What tells a change from noise: the test, and of what is right or wrong what it counted."""
    told = f"p {probability(one.p)} by {'the ' * one.test[:1].islower()}{one.test}"
    if one.lost is None or one.won is None:
        return told
    return f"lost {one.lost:,}, won {one.won:,} of {one.examples:,}; {told}"


def _noise(one: Paired) -> str:
    return NOISE if one.verdict == NOISE else f"{one.verdict}, more than noise"


def worst(report: Report) -> Said:
    """The worst slice, and its change."""
    found = judging.worst_slice(report)
    if found is None:
        return Said(PLAIN, "No slice was measured")
    value = number(found.value, found.metric)
    text = f"{title(found.metric)} {value} on {count(found.examples, 'example')}"
    whole = f"{number(found.whole, found.metric)} overall"
    if found.pair is None:
        return Said(PLAIN, found.slice, (f"{text}; {whole}.",))
    change = number(found.pair.change, found.metric, signed=True)
    return Said(
        PLAIN,
        found.slice,
        (f"{text}; {whole}.", f"Changed by {change}: {_noise(found.pair)}."),
    )


def changed(report: Report) -> Said:
    """What is different from the last run, one thing a line."""
    lines = []
    if report.summary.data_changed:
        lines.append(_sentence(report.summary.data_changed))
    for one in report.changed:
        before, after = (_short(text) or "(none)" for text in (one.before, one.after))
        lines.append(f"{one.kind} {one.name}: {before} → {after}")
    if not report.previous and not lines:
        return Said(PLAIN, "No earlier run", ())
    if not lines:
        return Said(PLAIN, "Nothing", (f"The same as in run {report.previous}.",))
    since = f" since run {report.previous}" if report.previous else ""
    return Said(PLAIN, f"{count(len(lines), 'difference')}{since}", tuple(lines))


def cost(report: Report) -> Said:
    """What the run cost, and what of it was cached."""
    nodes = report.summary.nodes
    cached = [node for node in nodes if node.state == "cached"]
    worth_telling = max(0.1, _WORTH * report.summary.seconds)
    fresh = [n for n in nodes if n.state != "cached" and n.seconds >= worth_telling]
    fresh.sort(key=lambda node: -node.seconds)
    lines = []
    if fresh:
        most = ", ".join(f"{node.node} {duration(node.seconds)}" for node in fresh[:3])
        lines.append(f"Most of it: {most}.")
    if cached:
        saved = sum(node.took for node in cached)
        worth = f", worth {duration(saved)}" if saved else ""
        lines.append(f"{len(cached)} of {count(len(nodes), 'node')} cached{worth}.")
    elif nodes:
        lines.append(f"{count(len(nodes), 'node')}, none cached.")
    return Said(PLAIN, duration(report.summary.seconds), tuple(lines))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _sentence(text: str) -> str:
    text = text.strip() or "No reason is known"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _begun(text: str) -> str:
    sentence = _sentence(text)
    return sentence[:1].upper() + sentence[1:]
