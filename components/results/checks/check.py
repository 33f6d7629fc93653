"""What a check is, and what checks have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from components.results.numbers import number
from components.results.report import Report
from modules import families
from modules.contract.family import Family


@dataclasses.dataclass(frozen=True)
class Check:
    """Something that is looked for in every report.

    Attributes:
        code: such as TRI001; it stays the same for ever, and is given to no other check.
        kind: components.results.report's ISSUE, which says that a figure cannot be trusted or that
            a model is not what it seems, or TIP.
        title: what is looked for, in some words.
        look: says what was seen, in a sentence with the numbers; empty when there is nothing. It
            is asked about reports of any run, however far that came.
        why: why it matters.
        todo: what to do.
    """

    code: str
    kind: str
    title: str
    look: Callable[[Report], str]
    why: str
    todo: str


def family_of(report: Report) -> type[Family] | None:
    """The family that was run; None of one that is here no longer."""
    try:
        return families.load(str(report.summary.settings.get("model", "")))
    except families.UnknownFamily:
        return None


def rises(report: Report, figure: str) -> bool | None:
    """Whether a larger value of a figure is a better one; None where the family does not say."""
    family = family_of(report)
    gates = family.evaluation.gates if family else ()
    return next((gate.at_least for gate in gates if gate.figure == figure), None)


def figure(report: Report, name: str) -> float | None:
    """A figure of the whole test split; None where there is none, or it is no number."""
    overall = report.summary.evaluation.overall if report.summary.evaluation else {}
    value = overall.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def share(value: float) -> str:
    """Writes a part of a whole in percent."""
    return number(value, "share")


def some(found: Sequence[str], limit: int = 5) -> str:
    """Lists the first few: "A, B and 3 more"."""
    named = [*found[:limit], *([f"{len(found) - limit} more"] if len(found) > limit else [])]
    return " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))


def told(found: Sequence[str], limit: int = 3) -> str:
    """Lists the first few of what has commas of its own: "A, 1; B, 2; and 3 more"."""
    more = [f"and {len(found) - limit} more"] if len(found) > limit else []
    return "; ".join([*found[:limit], *more])
